import type { ExploreReport, ExploreRow } from "../explore.ts";
import { formatQuantity, grouped, percent, probability } from "./figures.ts";
import { blocks } from "./notes-text.ts";
import type { Paint } from "./paint.ts";
import { left, right, textTable } from "./text-table.ts";

const MOST_ROWS = 24;

/** The Pareto front of a sweep, and a plot of one figure over the first swept parameter. */
export function exploreText(
  report: ExploreReport,
  options: {
    readonly paint: Paint;
    readonly plot: string;
    readonly units: ReadonlyMap<string, string>;
  },
): string {
  const { rows, target, condition } = report;
  const { paint, plot, units } = options;
  const front = rows.filter((row) => row.isOnFront);
  const refused = rows.filter((row) => row.refused !== null);
  const [first] = refused;
  return blocks(
    `${paint.strong(target)}, condition ${condition}: ${grouped(rows.length)} technologies, ${grouped(front.length)} on the Pareto front`,
    frontTable(report, spreadOver(front, MOST_ROWS), units, paint),
    front.length > MOST_ROWS
      ? `${MOST_ROWS} of the front, evenly; --json and --csv hold every row`
      : "",
    first ? `${grouped(refused.length)} refused, the first since ${first.refused}` : "",
    plotText(report, plot, units, paint),
  );
}

function spreadOver<T>(list: readonly T[], most: number): readonly T[] {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, k) => list[Math.floor((k * list.length) / most)]);
}

function frontTable(
  { sweeps, figures }: ExploreReport,
  rows: readonly ExploreRow[],
  units: ReadonlyMap<string, string>,
  paint: Paint,
): string {
  const shown = Object.entries(figures).filter(([, { better }]) => better !== null);
  const withAccuracy = rows.some((row) => row.accuracy !== null);
  const columns = [
    ...sweeps.map(({ name }) => left(name)),
    ...shown.map(([name]) => right(name.replace(/_\w+$/, ""))),
    ...(withAccuracy ? [right("accuracy")] : []),
  ];
  const cells = rows.map(({ point, figures: values, accuracy }) => [
    ...sweeps.map(({ name }) => quantity(point[name], units.get(name) ?? "1")),
    ...shown.map(([name, { unit }]) => quantity(values?.[name] ?? Number.NaN, unit)),
    ...(withAccuracy ? [accuracy === null ? "" : percent(accuracy)] : []),
  ]);
  return rows.length === 0 ? "" : textTable(columns, cells, paint);
}

function quantity(value: number, unit: string): string {
  if (unit === "m2") return `${Number((value * 1e6).toPrecision(3))} mm²`;
  if (unit !== "1") return formatQuantity(value, unit, 3);
  return value > 0 && value < 1 ? probability(value) : String(Number(value.toPrecision(4)));
}

const WIDTH = 64;
const HEIGHT = 16;
const MARKS = "ox+*#@%&";

/** A figure over the first swept parameter, both on logarithmic axes; one mark for each value of the second. */
export function plotText(
  { sweeps, rows, figures }: ExploreReport,
  figure: string,
  units: ReadonlyMap<string, string>,
  paint: Paint,
): string {
  const [across, series] = sweeps;
  if (!across || across.values.length < 2) return "";
  const points = rows.flatMap(({ point, figures: values }) => {
    const y = values?.[figure] ?? 0;
    const x = point[across.name];
    return x > 0 && y > 0 ? [{ x: Math.log(x), y: Math.log(y), point }] : [];
  });
  if (points.length < 2) return "";
  const [x0, x1] = span(points.map(({ x }) => x));
  const [y0, y1] = span(points.map(({ y }) => y));
  const grid = Array.from({ length: HEIGHT }, () => Array<string>(WIDTH).fill(" "));
  for (const { x, y, point } of points) {
    const k = series ? series.values.indexOf(point[series.name]) : 0;
    const column = Math.round(((x - x0) / (x1 - x0)) * (WIDTH - 1));
    const row = Math.round(((y1 - y) / (y1 - y0)) * (HEIGHT - 1));
    grid[row][column] = MARKS[k % MARKS.length];
  }
  const unit = figures[figure]?.unit ?? "1";
  const label = (y: number) => quantity(Math.exp(y), unit).padStart(10);
  const lines = grid.map((cells, row) =>
    `${row === 0 ? label(y1) : row === HEIGHT - 1 ? label(y0) : " ".repeat(10)} |${cells.join("")}`.trimEnd(),
  );
  const unitOf = (name: string) => units.get(name) ?? "1";
  const ends = [Math.exp(x0), Math.exp(x1)].map((x) => quantity(x, unitOf(across.name)));
  const key =
    series && series.values.length <= MARKS.length
      ? series.values.map(
          (v, k) => `${MARKS[k]} ${series.name} ${quantity(v, unitOf(series.name))}`,
        )
      : [];
  return [
    paint.strong(`${figure} over ${across.name}, logarithmic`),
    ...lines,
    `${" ".repeat(10)} +${"-".repeat(WIDTH)}`,
    `${" ".repeat(11)}${ends[0]}${ends[1].padStart(WIDTH + 1 - ends[0].length)}`,
    ...(key.length > 0 ? [key.join(", ")] : []),
  ].join("\n");
}

function span(values: readonly number[]): readonly [number, number] {
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** Every row as CSV: every parameter, then every figure. */
export function exploreCsv({ rows, figures }: ExploreReport): string {
  const names = Object.keys(
    rows.find((row) => row.figures)?.parameters ?? rows[0]?.parameters ?? {},
  );
  const columns = Object.keys(figures);
  const field = (value: number | undefined | null) =>
    value === undefined || value === null ? "" : String(value);
  const header = [...names, ...columns, "isOnFront", "accuracy", "boundBy"].join(",");
  const lines = rows.map((row) =>
    [
      ...names.map((name) => field(row.parameters[name])),
      ...columns.map((name) => field(row.figures?.[name])),
      row.isOnFront ? "1" : "0",
      field(row.accuracy),
      `"${row.boundBy ?? row.refused ?? ""}"`,
    ].join(","),
  );
  return `${[header, ...lines].join("\n")}\n`;
}
