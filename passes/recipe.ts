import type { Pass } from "../compiler/define.ts";
import agreeWithDefects from "./agree-with-defects.ts";
import avoidDefects from "./avoid-defects.ts";
import binarize from "./binarize.ts";
import chooseReadOut from "./choose-read-out.ts";
import chooseSegments from "./choose-segments.ts";
import encodeInput from "./encode-input.ts";
import extractThresholds from "./extract-thresholds.ts";
import fixDimensions from "./fix-dimensions.ts";
import foldConstants from "./fold-constants.ts";
import freeBatch from "./free-batch.ts";
import inferShapes from "./infer-shapes.ts";
import integrateFire from "./integrate-fire.ts";
import lower from "./lower.ts";
import plainMatrices from "./plain-matrices.ts";
import presentStochastic from "./present-stochastic.ts";
import quantizeActivations from "./quantize-activations.ts";
import quantizeWeights from "./quantize-weights.ts";
import reorderRows from "./reorder-rows.ts";
import replicate from "./replicate.ts";
import schedule from "./schedule.ts";
import spikeInput from "./spike-input.ts";
import tabulateJoins from "./tabulate-joins.ts";
import ternarize from "./ternarize.ts";
import thresholdsToCells from "./thresholds-to-cells.ts";
import tile from "./tile.ts";
import transposedConvolutions from "./transposed-convolutions.ts";
import unrollRecurrent from "./unroll-recurrent.ts";

/** The default order. It is a decision, so it is a plain list. */
export const defaultPasses: readonly Pass[] = [
  fixDimensions,
  inferShapes,
  foldConstants,
  plainMatrices,
  unrollRecurrent,
  freeBatch,
  transposedConvolutions,
  encodeInput,
  binarize,
  ternarize,
  quantizeActivations,
  quantizeWeights,
  lower,
  presentStochastic,
  spikeInput,
  integrateFire,
  extractThresholds,
  tabulateJoins,
  chooseReadOut,
  thresholdsToCells,
  tile,
  reorderRows,
  avoidDefects,
  agreeWithDefects,
  chooseSegments,
  replicate,
  schedule,
];
