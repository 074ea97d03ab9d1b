import { probability } from "./figures.ts";
import { assumptionsText, blocks } from "./notes-text.ts";
import type { Paint } from "./paint.ts";
import type { CharacterizeReport, ClaimReport } from "./report.ts";
import type { TextOptions } from "./text-options.ts";
import { textWidth, wrap } from "./text-table.ts";

/** A device model beside its papers' claims: value by quadrature, interval by Monte Carlo, met or missed by. */
export function characterizeText(
  report: CharacterizeReport,
  { paint, verbose }: TextOptions,
): string {
  const { target, condition, claims, samples, seed } = report;
  const missed = claims.filter(({ met }) => !met).length;
  const scope = condition === null ? "all conditions" : `condition ${condition}`;
  return blocks(
    `${paint.strong(target)}, ${scope}; ours by quadrature, sampled ${samples.toExponential(0).replace("e+", "e")} times, seed ${seed}`,
    claims.map((claim) => claimText(claim, paint)).join("\n"),
    `${claims.length - missed} of ${claims.length} claims met${missed === 0 ? "" : `, ${missed} missed`}`,
    assumptionsText(report.assumptions, verbose, paint),
  );
}

const indent = " ".repeat(5);

function claimText(claim: ClaimReport, paint: Paint): string {
  const { id, condition, quantity, claimed, value, sampled, met, missedBy, note } = claim;
  const verdict = met ? paint.good("met") : paint.bad(`missed by ${missedBy}`);
  const head = `${quantity} (${condition})`;
  const figures = [`claimed ${claimed}`, `ours ${number(value)}`];
  const interval = sampled
    ? [`sampled ${number(sampled.value)} [${number(sampled.low)}, ${number(sampled.high)}]`]
    : [];
  const lines = [
    ...wrap(head, textWidth - indent.length).map(
      (line, k) => `${(k === 0 ? id : "").padEnd(indent.length)}${line}`,
    ),
    ...wrap([...figures, ...interval].join("; "), textWidth - indent.length - 30).map(
      (line) => indent + line,
    ),
  ];
  lines[lines.length - 1] += `: ${verdict}`;
  const remarks = [note, sampled?.method ?? ""].filter((text) => text !== "").join("; ");
  const dim =
    remarks === ""
      ? []
      : wrap(remarks, textWidth - indent.length).map((line) => paint.dim(indent + line));
  return [...lines, ...dim].join("\n");
}

/** A value of unknown kind: rates small, counts and ratios as they are. */
function number(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e5
    ? String(Number(value.toPrecision(3)))
    : size < 1e-3
      ? probability(value)
      : value.toExponential(2);
}
