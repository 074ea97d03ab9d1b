import type { LayerPlacement } from "./mapping.ts";

/**
 * Copies of a layer's matrix. Copy r lies in banks r·b … r·b + b − 1, where b banks hold one copy, and serves the positions
 * p of which p mod copies is r: so many positions are read at once, in one round.
 */
export const replicasOf = ({ replicas }: Pick<LayerPlacement, "replicas">): number => replicas ?? 1;

/** Banks that hold one copy of the matrix. */
export const banksOfReplica = (placement: Pick<LayerPlacement, "banks" | "replicas">): number =>
  placement.banks / replicasOf(placement);

/** Which copy a bank is part of. */
export const replicaOfBank = (
  placement: Pick<LayerPlacement, "banks" | "replicas">,
  bank: number,
): number => Math.floor(bank / banksOfReplica(placement));

/** Rounds in which the copies read all positions; in the last one some copies may have none. */
export const roundsOf = (positions: number, replicas: number): number =>
  Math.ceil(positions / replicas);
