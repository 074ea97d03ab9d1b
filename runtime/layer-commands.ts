import type { DigitalLayer, Layer, SubgraphLayer } from "../compiler/ir/network.ts";
import { sizeOf } from "../compiler/ir/tensor.ts";
import { overThreeAxes } from "../compiler/ir/window.ts";
import type { CommandContext } from "./command-context.ts";
import { encodeCommands } from "./encode-commands.ts";
import type { Command } from "./kernels/commands.ts";
import { inputLayout, outputLayout } from "./layout.ts";
import { matrixCommands } from "./matrix-commands.ts";
import { sinkOf, sourceOf } from "./place-commands.ts";
import { requantizeCommands } from "./requantize-commands.ts";
import { directSpikes, fireCommand, spikeCommands } from "./spike-commands.ts";

export function commandsOf(
  layer: Exclude<Layer, SubgraphLayer>,
  context: CommandContext,
): readonly Command[] {
  return layer.kind === "matrix" ? matrixCommands(layer, context) : digitalCommands(layer, context);
}

function digitalCommands(layer: DigitalLayer, context: CommandContext): readonly Command[] {
  const to = context.placeOf(layer.to);
  switch (layer.op) {
    case "encode":
      return encodeCommands(layer, to, context);
    case "permute": {
      const { rows: from, before } = sourceOf(context.placeOf(layer.from), null, context);
      const { rows, after } = sinkOf(to, null, context);
      const move: Command = {
        kind: "permute",
        positions: 1,
        from,
        to: rows,
        elements: layer.order.length,
        bytes: to.buffer.kind === "sums" ? 4 : 2,
        order: context.engine.upload(layer.order),
        fill: 0,
      };
      return [...before, move, ...after];
    }
    case "join": {
      const { rows: from, before } = sourceOf(context.placeOf(layer.from), null, context);
      const beside = sourceOf(context.placeOf(layer.beside), null, context);
      const { rows, after } = sinkOf(to, null, context);
      const elements = sizeOf(to.buffer.shape);
      const join: Command = {
        kind: "join",
        ...{ positions: 1, from, beside: beside.rows, to: rows, elements, factors: layer.factors },
      };
      return [...before, ...beside.before, join, ...after];
    }
    case "pool": {
      const { rows: from, before } = sourceOf(
        context.placeOf(layer.from),
        inputLayout(layer.window),
        context,
      );
      const { rows, after } = sinkOf(to, outputLayout(layer), context);
      const flips = new Int16Array(Math.ceil(layer.window.channels / 8) * 8);
      flips.set(Int16Array.from(layer.directions, (way) => (way < 0 ? -1 : 0)));
      const window = overThreeAxes(layer.window);
      const at = context.engine.upload(flips);
      return [...before, { kind: "pool", from, to: rows, window, flips: at }, ...after];
    }
    case "spikes":
      return (
        directSpikes(layer, to, context) ??
        spikeCommands(layer, sizeOf(to.buffer.shape), sinkOf(to, null, context), context)
      );
    case "integrate-fire": {
      const { rows: from, before } = sourceOf(context.placeOf(layer.from), null, context);
      const { rows, after } = sinkOf(to, null, context);
      return [...before, fireCommand(layer, from, rows, context.engine), ...after];
    }
    case "requantize": {
      const place = context.placeOf(layer.from);
      const { channels, inner } = layer;
      // channel by channel as ONNX has them, or one channel for all
      const own = place.layout?.channels === channels && place.layout.pixels === inner;
      const layout = own ? place.layout : null;
      const { rows: from, before } = sourceOf(place, layout, context);
      const flow = { from, to, layout, channels, inner: own ? 1 : inner };
      return [...before, ...requantizeCommands(layer, flow, context)];
    }
  }
}
