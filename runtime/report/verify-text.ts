import type { Paint } from "./paint.ts";
import type { VerifyReport } from "./report.ts";
import { textWidth, wrap } from "./text-table.ts";

/** One line a check: what was compared, over how many, what differs. */
export function verifyText({ checks, passed }: VerifyReport, paint: Paint): string {
  const lines = checks.map((check) => {
    const mark = check.passed ? paint.good("ok    ") : paint.bad("FAILED");
    const [first, ...more] = wrap(`${check.name}: ${check.detail}`, textWidth - 8);
    return [`${mark}  ${first}`, ...more.map((line) => `        ${line}`)].join("\n");
  });
  return [...lines, passed ? "all checks passed" : "a check failed"].join("\n");
}
