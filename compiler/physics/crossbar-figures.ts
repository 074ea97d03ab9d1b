import type { Figure, FigureRequest } from "../define.ts";
import { exp } from "../math.ts";
import { mostSensed, wireDrop, wordLineCurrent } from "./crossbar-bounds.ts";
import { crossbarCosts, crossbarWires } from "./crossbar-device.ts";
import { normalMean } from "./quadrature.ts";
import {
  cellBer,
  meanFactor,
  type SubthresholdCell,
  senseLevel,
  subthresholdCell,
} from "./subthreshold-cell.ts";

/**
 * What a designer compares of a technology, in closed form on average data (half of the cells in LRS), for a network
 * of dense layers whose inputs are all read once: figures 3 to 6 and 8 of the paper.
 */
export function crossbarFigures(request: FigureRequest): Readonly<Record<string, Figure>> {
  const { technology, condition, limits } = request;
  const cell = subthresholdCell(technology, condition);
  const wires = crossbarWires(technology, condition);
  const { wordLines, bitLines, sensedBitLines } = limits;
  const drop = wireDrop(cell, wires, limits, sensedBitLines, 0.5);
  const farthest = drop.wordLine_V + drop.bitLine_V;
  const asked = Math.min(technology.array.sensedBitLines, bitLines);

  return {
    bankLines: figure(
      Math.min(wordLines, bitLines),
      "1",
      "most",
      "lines of the largest square bank",
    ),
    sensedBitLines: figure(sensedBitLines, "1", "most", "bit lines sensed at once, average data"),
    sensedWorstCase: figure(
      mostSensed(cell, wires, bitLines, 1),
      "1",
      null,
      "the same with all cells in LRS, by current",
    ),
    ber: figure(
      meanBer(cell, wordLines, 0),
      "1",
      "least",
      "wrong cells beside the sense, random data",
    ),
    berFarthest: figure(
      meanBer(cell, wordLines, farthest),
      "1",
      null,
      "the same at the cell that the wires take most from",
    ),
    readVoltage_V: figure(cell.read_V, "V", null, "V_read"),
    thresholdVoltage_V: figure(cell.threshold_V, "V", null, "median V_th,LRS"),
    lrsCurrent_A: figure(cell.low_A, "A", null, "median I_LRS at V_read"),
    leakage_A: figure(cell.halfLow_A, "A", null, "leakage of a half-selected cell at V_read/2"),
    switching: figure(cell.switching, "1", null, "chance that a read switches an LRS cell"),
    wordLineCurrent_A: figure(
      wordLineCurrent(cell, bitLines, asked, 0.5),
      "A",
      null,
      "current of a word line that senses the bit lines asked for (sensedBitLines), allowed or not",
    ),
    farthestDrop_V: figure(farthest, "V", null, "voltage that both wires take at most"),
    ...networkCosts(request),
  };
}

const figure = (
  value: number,
  unit: string,
  better: Figure["better"],
  description: string,
): Figure => ({ value, unit, better, description });

/**
 * BER with one reference for all bit lines and random data: the leakage of R − 1 half-selected cells varies about
 * what the reference expects; `drop_V` lowers both states by their own slopes.
 */
function meanBer(cell: SubthresholdCell, wordLines: number, drop_V: number): number {
  const reference = senseLevel(cell);
  const { halfLow_A, halfHigh_A, lowSpread, highSpread } = cell;
  const low = halfLow_A * meanFactor(lowSpread);
  const high = halfHigh_A * meanFactor(highSpread);
  const square =
    (low * low * meanFactor(lowSpread) ** 2 + high * high * meanFactor(highSpread) ** 2) / 2;
  const spread = Math.sqrt((wordLines - 1) * Math.max(0, square - ((low + high) / 2) ** 2));
  const dropped = {
    ...cell,
    low_A: cell.low_A * exp(-drop_V / cell.lowSlope_V),
    high_A: cell.high_A * exp(-drop_V / cell.highSlope_V),
  };
  return normalMean((u) => cellBer(dropped, reference, spread * u), 0.1);
}

/** Banks, time, energy and area of dense layers, every word line read once, half of the cells in LRS. */
function networkCosts({
  technology,
  condition,
  limits,
  layers,
}: FigureRequest): Readonly<Record<string, Figure>> {
  const { clock_s, cellArea_m2, read } = crossbarCosts(technology, condition);
  const { wordLines: R, bitLines: C, sensedBitLines: k } = limits;
  const mean = (currents: readonly number[]) => (currents[0] + currents[1]) / 2;
  let banks = 0;
  let latency_s = 0;
  let energy_J = 0;
  let cells = 0;
  for (const { inputs, outputs } of layers) {
    banks += Math.ceil(inputs / R) * Math.ceil(outputs / C);
    latency_s += Math.min(inputs, R) * Math.ceil(Math.min(outputs, C) / k) * clock_s;
    cells += inputs * outputs;
    if (read.kind !== "by-current") continue;
    for (let first = 0; first < inputs; first += R) {
      const lines = Math.min(R, inputs - first);
      for (let left = 0; left < outputs; left += C) {
        const width = Math.min(C, outputs - left);
        const half = (Math.ceil(width / k) - 1) * width + width * (lines - 1);
        energy_J +=
          lines *
          read.pulse_s *
          read.read_V *
          (width * mean(read.currents_A) + 0.5 * half * mean(read.halfSelected_A));
      }
    }
  }
  return {
    banks: figure(banks, "1", null, "banks of the network"),
    latency_s: figure(latency_s, "s", "least", "one inference, every input read once"),
    energy_J: figure(energy_J, "J", "least", "reads of one inference"),
    area_m2: figure(
      cells * (cellArea_m2 ?? 0),
      "m2",
      "least",
      "cells that hold weights, periphery excluded",
    ),
  };
}
