/** The one function of jstat that the tests compare with. */
declare module "jstat" {
  export const jStat: {
    readonly normal: { readonly inv: (p: number, mean: number, deviation: number) => number };
  };
}
