import { duration, formatQuantity, grouped } from "./figures.ts";
import type { Paint } from "./paint.ts";
import type { CompileReport } from "./report.ts";
import { left, right, textTable } from "./text-table.ts";

/** What `--replicate` gains in time and takes in cells, beside the same image with one copy of everything; empty without it. */
export function replicationText({ replication, totals }: CompileReport, paint: Paint): string {
  if (replication === null || replication.layers.length === 0) return "";
  const { one, asked } = replication;
  const row = (
    name: string,
    before: number | null,
    now: number | null,
    text: (value: number) => string,
  ): readonly string[] =>
    before === null || now === null
      ? [name, "not known", "not known", ""]
      : [name, text(before), text(now), ratio(now, before)];
  const rows = [
    row("clocks", one.clocks, totals.clocks, grouped),
    row("one inference every", one.interval_s, totals.interval_s, duration),
    row("latency", one.latency_s, totals.latency_s, duration),
    row("cells", one.cells, totals.cells, grouped),
    row("banks", one.banks, totals.banks, grouped),
    row("area of cells", one.area_m2, totals.area_m2, squareMillimetres),
    row("programming", one.programmingTime_s, totals.programmingTime_s, duration),
    row("its energy", one.programmingEnergy_J, totals.programmingEnergy_J, (x) =>
      formatQuantity(x, "J"),
    ),
  ];
  const columns = [
    left(`--replicate ${asked}`),
    right("one copy"),
    right("with copies"),
    right("ratio"),
  ];
  return textTable(columns, rows, paint);
}

const ratio = (now: number, before: number): string =>
  before === 0 ? "" : `${(now / before).toFixed(3)} x`;

const squareMillimetres = (area_m2: number): string =>
  `${Number((area_m2 * 1e6).toPrecision(3))} mm²`;
