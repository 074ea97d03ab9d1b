/** Lines of a netlist that ngspice reads. A resistance of 0 is an ideal wire: its two ends are one node. */
export interface Netlist {
  readonly resistor: (name: string, from: string, to: string, ohm: number) => void;
  readonly add: (line: string) => void;
  /** the node that a name stands for, where ideal wires join several */
  readonly node: (name: string) => string;
  readonly lines: () => readonly string[];
}

export function netlist(): Netlist {
  const lines: string[] = [];
  const joined = new Map<string, string>();
  const node = (name: string): string => joined.get(name) ?? name;
  return {
    node,
    add: (line) => lines.push(line),
    // wires are drawn from the source outwards, so that `from` is known already
    resistor: (name, from, to, ohm) => {
      if (ohm === 0) joined.set(to, node(from));
      else lines.push(`R${name} ${node(from)} ${node(to)} ${ohm}`);
    },
    lines: () => lines,
  };
}

/** What ngspice does with the circuit: its operating point, and each probe printed in full. */
export const operatingPoint = (probes: readonly string[]): readonly string[] => [
  ".options reltol=1e-13 abstol=1e-22 vntol=1e-18 gmin=1e-24",
  ".control",
  "set numdgt=16",
  "op",
  ...probes.map((probe) => `print ${probe}`),
  ".endc",
  ".end",
];
