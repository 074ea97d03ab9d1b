import type { Parameter, Target, TargetLaws, Technology } from "../../compiler/define.ts";
import { duration, formatQuantity, parameterValue } from "./figures.ts";
import { blocks } from "./notes-text.ts";
import type { Paint } from "./paint.ts";
import { left, pairs, right, textTable } from "./text-table.ts";

/** The built-in targets: what each is, its bank and its read-out. */
export function targetsText(targets: readonly Target[], paint: Paint): string {
  const rows = targets.map(({ name, summary, technology, laws }) => {
    const { wordLines, bitLines } = limitsOf(technology, laws);
    return [
      name,
      `${summary}; banks of ${wordLines} x ${bitLines} cells, read-out ${technology.readOut}`,
    ] as const;
  });
  return `${paint.strong("target")}\n${pairs(rows)}`;
}

/** A technology: every number with its unit and where it comes from. */
export function targetText(
  technology: Technology,
  summary: string,
  laws: TargetLaws,
  paint: Paint,
): string {
  const { name, array, encodings, readOut, conventions, conditions, defaultCondition } = technology;
  const { wordLines, bitLines, sensedBitLines, boundBy } = limitsOf(technology, laws);
  return blocks(
    `${paint.strong(name)}: ${summary}\n${technology.summary}`,
    pairs([
      ["bank", `${wordLines} word lines x ${bitLines} bit lines, bound by ${boundBy}`],
      [
        "inputs",
        `on the ${array.inputsOn}; ${array.activeWordLines} word lines active, ${sensedBitLines} bit lines sensed at once`,
      ],
      ["read-out", readOut],
      ["encodings", encodings.join(", ")],
      [
        "conventions",
        Object.entries(conventions)
          .map(([key, value]) => `${key} ${value}`)
          .join(", ") || "none",
      ],
      [
        "conditions",
        Object.entries(conditions)
          .map(
            ([key, value]) =>
              `${key}${key === defaultCondition ? " (default)" : ""}: ${value.summary}`,
          )
          .join("; "),
      ],
    ]),
    parameterTable(technology.parameters, paint),
    ...Object.entries(conditions)
      .filter(([, condition]) => Object.keys(condition.parameters).length > 0)
      .map(
        ([key, condition]) => `condition ${key}\n${parameterTable(condition.parameters, paint)}`,
      ),
    programmingText(technology, laws),
  );
}

/** The largest bank of average data, under the default condition. */
const limitsOf = (technology: Technology, laws: TargetLaws) =>
  laws.limits({ technology, condition: technology.defaultCondition, bank: null, matrices: [] });

function parameterTable(parameters: Readonly<Record<string, Parameter>>, paint: Paint): string {
  const rows = Object.entries(parameters).map(([name, { value, unit, source }]) => [
    name,
    parameterValue(value, unit),
    source,
  ]);
  return textTable([left("parameter"), right("value"), left("source")], rows, paint);
}

/** One default condition's pulses (H4). */
function programmingText(technology: Technology, laws: TargetLaws): string {
  const { forming, levels, energySource } = laws.programming(
    technology,
    technology.defaultCondition,
  );
  const row = (name: string, pulse: { duration_s: number; energy_J: number; operation: string }) =>
    [
      name,
      `${pulse.operation}, ${duration(pulse.duration_s)}, ${formatQuantity(pulse.energy_J, "J")}`,
    ] as const;
  return pairs([
    ...(forming ? [row("every cell", forming)] : []),
    ...levels.flatMap(({ name, pulses }) => pulses.map((pulse) => row(name, pulse))),
    ["energy", energySource],
  ]);
}
