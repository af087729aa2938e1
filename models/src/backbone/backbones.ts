/** A folder under `models/weights/`. */
export type BackboneId = string

/** Every backbone there is: a folder under `models/weights/` and one line here. */
export const BACKBONES: readonly BackboneId[] = ['mobilenet-v1-1.0', 'mobilenet-v2-0.35']

/**
 * Chosen by `npm run bench -- fewshot` (balanced accuracy on real pictures of seven fixed cameras, V2-0.35 / V1-1.0):
 * 0.983 / 0.978 after 5 labels per state, 0.981 / 0.979 after 10 and 0.981 / 0.979 after 20, at a quarter of the time per
 * frame. V1, whose origin is proven, is one setting away.
 */
export const DEFAULT_BACKBONE: BackboneId = 'mobilenet-v2-0.35'

/** Cells on a side of the grid of features (see `GRID`). */
export const CELLS = 4
