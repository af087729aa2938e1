/**
 * @ajar/models: from a JPEG to the state of what it shows, and from a person's labels to the model that can tell.
 *
 *     JPEG -> decode -> engine.embed -> predictor.predict             for every frame
 *     labelled frames -> decode, embed -> trainHead -> saveModel      for every training; evaluate says how good it is
 *
 * A model is a frozen backbone, the same for all cameras, and a small head trained for one camera on few labels.
 * Walk through the folders in the order a frame takes:
 *
 * - `pixels/`      `jpeg` refuses what is no whole JPEG, `decode` makes 224x224 RGB of its region of interest (`view`),
 *                `augment` varies it for training, `blacken` paints what nobody may see
 * - `backbone/`    the list of backbones and the neutral form (`graph`) in which `weights/` keeps them
 * - `engines/`     one file per library that can run a backbone; `open-engine` picks the first that loads
 * - `head/`        `train` makes a head, `predict` uses it, `novelty` tells strange frames, `signature` compares two
 * - `evaluation/`  `folds` splits by time, `score` counts, `verdict` says it in words, `gate` compares two models
 * - `registry/`    `save` and `load` a model as an immutable folder whose every file has its sha256; `files` judges files
 *                wherever they come from
 *
 * `make-weights.ts` beside `src/` made `weights/` from published files. This package imports none of our others.
 */
export { BACKBONES, type BackboneId, DEFAULT_BACKBONE } from './backbone/backbones.ts'
export { featureLengthOf } from './backbone/graph.ts'
export type { Engine, EngineChoice, EngineName, SkippedEngine } from './engines/engine.ts'
export { ENGINES, type EngineOptions, openEngine } from './engines/open-engine.ts'
export type { CurvePoint } from './evaluation/curve.ts'
export {
  type ConditionScore,
  type Evaluated,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  judge,
} from './evaluation/evaluate.ts'
export { APART_MS, distanceTo } from './evaluation/folds.ts'
export { type Gate, gate } from './evaluation/gate.ts'
export type { Score, TestFrame, WrongFrame } from './evaluation/score.ts'
export type { Advice } from './evaluation/verdict.ts'
export { type Head, isOfVectors, tempered } from './head/head.ts'
export { openHead } from './head/predict.ts'
export type { Prediction, Predictor } from './head/prediction.ts'
export type { Sample } from './head/sample.ts'
export { signatureDistance, signatureOf } from './head/signature.ts'
export { FEWEST_FRAMES, type TrainedHead, type TrainedVectorHead, type TrainOptions, trainHead } from './head/train.ts'
export { type Fault, ModelsError, type ModelsErrorCode } from './models-error.ts'
export { AUGMENTATIONS, augment } from './pixels/augment.ts'
export { blacken } from './pixels/blacken.ts'
export { decode, type Pixels } from './pixels/decode.ts'
export { checkJpeg, DecodeError, type DecodeErrorCode } from './pixels/jpeg.ts'
export { type Box, boxAround, cornersOf, type Mask, type MaskPoint, type Region } from './pixels/polygon.ts'
export { filesOf, modelOf } from './registry/files.ts'
export { renewedEvaluation } from './registry/format-1.ts'
export { summariseLabels } from './registry/labels.ts'
export { loadModel, readModelFiles } from './registry/load.ts'
export { MODEL_FILES } from './registry/manifest.ts'
export type { Model } from './registry/model.ts'
export { clearUnfinished, saveModel } from './registry/save.ts'
export { embedVector, flawOf } from './vector/embed.ts'
export { type Estimator, numbersOf, type VectorDetails, type VectorHead } from './vector/head.ts'
export type { Separability } from './vector/separability.ts'
export { vectorSignature } from './vector/signature.ts'
export { type Usability, type UsabilityOptions, usability } from './vector/usability.ts'
export type { UsabilityGrade } from './vector/usability-verdict.ts'
export {
  csiView,
  embeddedLength,
  FUSED,
  lengthOf,
  MOST_NUMBERS,
  MOST_WINDOW,
  plainView,
  VECTOR,
  type VectorPart,
  type VectorView,
  viewFlaw,
} from './vector/view.ts'
export { VERSIONS } from './versions.ts'
