import { formatQuantity } from "./figures.ts";
import type { Paint } from "./paint.ts";
import type { ReadbackReport, VerifyReport } from "./report.ts";
import { left, right, textTable, textWidth, wrap } from "./text-table.ts";

/** One line a check: what was compared, over how many, what differs. */
export function verifyText({ checks, passed, readback }: VerifyReport, paint: Paint): string {
  const lines = checks.map((check) => {
    const told = check.differing ? paint.warning("differ") : paint.good("ok    ");
    const mark = check.passed ? told : paint.bad("FAILED");
    const [first, ...more] = wrap(`${check.name}: ${check.detail}`, textWidth - 8);
    return [`${mark}  ${first}`, ...more.map((line) => `        ${line}`)].join("\n");
  });
  if (readback && readback.wrong > 0) lines.push(worstText(readback, paint));
  const changed = checks.reduce((sum, { differing = 0 }) => sum + differing, 0);
  const told = changed > 0 ? `; ${changed} decisions are not the model's` : "";
  return [...lines, `${passed ? "all checks passed" : "a check failed"}${told}`].join("\n");
}

/** how many cells the text names */
const MOST_SHOWN = 20;

function worstText({ worst, wrong }: ReadbackReport, paint: Paint): string {
  const columns = [
    left("layer"),
    ...["bank", "word line", "bit line", "output", "input", "level", "reads", "found"].map(right),
  ];
  const rows = worst
    .slice(0, MOST_SHOWN)
    .map((cell) => [
      cell.layer,
      ...[cell.bank, cell.wordLine, cell.bitLine, cell.output, cell.input].map(String),
      ...[cell.level, cell.reads].map(String),
      formatQuantity(cell.conductance_S, "S"),
    ]);
  const more = wrong > rows.length ? `\n… ${wrong - rows.length} more` : "";
  return `cells at the wrong level, worst first:\n${textTable(columns, rows, paint)}${more}`;
}
