import type { PassContext } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import { internal, XbcError } from "../compiler/errors.ts";
import { mostBanks } from "../compiler/image/check-placement.ts";
import type { LayerPlacement, MappedNetwork } from "../compiler/ir/mapping.ts";
import type { MatrixLayer } from "../compiler/ir/network.ts";
import { mostReplicated } from "../compiler/ir/placement-fault.ts";
import { roundsOf } from "../compiler/ir/replicas.ts";
import { clockOf, layerClocks, positionsOf } from "../compiler/layer-costs.ts";
import type { Stage } from "./replication/balance.ts";
import { balancedCopies } from "./replication/balance.ts";
import type { ReplicationRequest } from "./replication/request.ts";
import { AUTO_BANKS, replicationRequest } from "./replication/request.ts";

export default definePass({
  name: "replicate",
  summary: "Copy matrices that are applied at many positions, so that several are read at once",
  from: "mapped",
  to: "mapped",
  meaning: "exact",
  run: async (mapped, context) => {
    const request = replicationRequest(context.options.replicate);
    if (request.kind === "most" && request.copies === 1) return mapped;
    if (context.options.defects) {
      throw new XbcError(
        "UNSUPPORTED",
        "--replicate with --defects: stuck cells are avoided in one copy of a matrix only; leave one of the two out",
      );
    }
    const layers = mapped.placements.map((placement) => ({
      placement,
      layer: matrixOf(mapped, placement),
    }));
    const copies = copiesOf(mapped, layers, request);
    checkBanks(layers, copies, context);
    warnOfLayers(layers, copies, context);
    return {
      ...mapped,
      placements: layers.map((placed, k) => replicated(placed, copies[k], context)),
    };
  },
});

interface PlacedMatrix {
  readonly placement: LayerPlacement;
  readonly layer: MatrixLayer;
}

/** @throws INTERNAL if a placement belongs to no matrix layer */
function matrixOf({ network }: MappedNetwork, placement: LayerPlacement): MatrixLayer {
  const found = network.layers.find(({ id }) => id === placement.layer);
  if (found?.kind !== "matrix") throw internal("replicate", `no layer ${placement.layer}`);
  return found;
}

/** Steps of spikes come one after another, so that copies could not read several of them at once. */
const isInTime = ({ presentation }: MatrixLayer): boolean => presentation.kind === "spikes";

/** Copies that a layer may have: one for each position, as many as an image can number. */
function mostCopies({ layer, placement }: PlacedMatrix): number {
  if (isInTime(layer)) return 1;
  const numbered = Math.floor(mostReplicated / (placement.inputs * placement.outputs));
  return Math.max(1, Math.min(positionsOf(layer), numbered));
}

function copiesOf(
  { target }: MappedNetwork,
  layers: readonly PlacedMatrix[],
  request: ReplicationRequest,
): readonly number[] {
  if (request.kind === "most") {
    return layers.map((placed) => {
      const positions = positionsOf(placed.layer);
      const most = Math.min(request.copies, mostCopies(placed));
      // the fewest that need no more rounds
      return Math.ceil(positions / roundsOf(positions, most));
    });
  }
  const { laws, technology, condition } = target;
  const costs = laws.costs(technology, condition);
  const unit = request.kind === "budget" ? request.unit : "banks";
  const stages = layers.map((placed): Stage => {
    const { placement, layer } = placed;
    return {
      mostCopies: mostCopies(placed),
      time_s: (copies) =>
        layerClocks({ ...placement, replicas: copies }, layer, technology) *
        clockOf(placement, costs),
      cost:
        unit === "banks"
          ? placement.banks
          : layer.inputs * layer.outputs * placement.encoding.cellsPerWeight,
    };
  });
  const one = stages.reduce((sum, { cost }) => sum + cost, 0);
  const budget = request.kind === "budget" ? request.most : AUTO_BANKS * one;
  if (budget < one) {
    throw new XbcError(
      "LIMIT",
      `--replicate ${unit}:${budget}: one copy of every layer takes ${one} ${unit} already; give at least as many`,
    );
  }
  return balancedCopies(stages, budget);
}

/** @throws LIMIT where an image cannot hold so many banks */
function checkBanks(
  layers: readonly PlacedMatrix[],
  copies: readonly number[],
  { options }: PassContext,
): void {
  const banks = layers.reduce((sum, { placement }, k) => sum + placement.banks * copies[k], 0);
  if (banks <= mostBanks) return;
  throw new XbcError(
    "LIMIT",
    `--replicate ${options.replicate}: needs at most ${mostBanks} banks, found ${banks}; give fewer copies, or a smaller budget`,
  );
}

function warnOfLayers(
  layers: readonly PlacedMatrix[],
  copies: readonly number[],
  { options, warn }: PassContext,
): void {
  const spiking = layers.filter(({ layer }) => isInTime(layer) && positionsOf(layer) > 1);
  if (spiking.length > 0)
    warn(
      `--replicate ${options.replicate}: ${spiking.map(({ layer }) => layer.id).join(", ")} stay single, since the time steps of ` +
        "spikes come one after another",
    );
  if (copies.some((count) => count > 1)) return;
  const can = layers.some((placed) => mostCopies(placed) > 1);
  const why = can
    ? "the slowest layer gains nothing from a copy, or its copies do not fit the budget"
    : "no layer is applied at more than one position at a time";
  warn(`--replicate ${options.replicate} copies nothing: ${why}`);
}

function replicated(
  { placement, layer }: PlacedMatrix,
  copies: number,
  { options }: PassContext,
): LayerPlacement {
  if (copies === 1) return placement;
  const positions = positionsOf(layer);
  return {
    ...placement,
    replicas: copies,
    banks: placement.banks * copies,
    reason:
      `${placement.reason}; ${copies} copies (--replicate ${options.replicate}): ` +
      `${positions} positions in ${roundsOf(positions, copies)} rounds`,
  };
}
