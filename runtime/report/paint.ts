/** How words stand out on a terminal; the command line fills it with colours, everything else leaves it plain. */
export interface Paint {
  readonly strong: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warning: (text: string) => string;
}

const same = (text: string): string => text;

export const plain: Paint = { strong: same, dim: same, good: same, bad: same, warning: same };
