import chalk from "chalk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { colours } from "../../cli/paint.ts";
import { compileReport } from "../../runtime/report/compile-report.ts";
import { compileText } from "../../runtime/report/compile-text.ts";
import { evaluationText } from "../../runtime/report/evaluation-text.ts";
import { plain } from "../../runtime/report/paint.ts";
import { targetsText } from "../../runtime/report/target-text.ts";
import { targets } from "../../targets/all.generated.ts";
import { smallEvaluation, smallImage } from "../runtime/report/small-image.ts";

const before = chalk.level;
beforeAll(() => {
  chalk.level = 1;
});
afterAll(() => {
  chalk.level = before;
});

const escape = String.fromCharCode(27);
const withoutColour = (text: string): string =>
  text.replaceAll(new RegExp(`${escape}\\[[0-9]+m`, "g"), "");

test("a coloured text is the plain one with colours in it", async () => {
  const report = await compileReport(smallImage(), "small.xbi");
  const texts: readonly ((paint: typeof plain) => string)[] = [
    (paint) => compileText(report, { paint, verbose: true }),
    (paint) => evaluationText(smallEvaluation(), { paint, verbose: true }),
    (paint) => targetsText(targets, paint),
  ];
  for (const text of texts) {
    expect(text(colours)).toContain(escape);
    expect(withoutColour(text(colours))).toBe(text(plain));
  }
});

test("a colour takes one text, whoever hands it more", () => {
  for (const paint of Object.values(colours))
    expect(withoutColour(["a", "b"].map(paint).join(" "))).toBe("a b");
});
