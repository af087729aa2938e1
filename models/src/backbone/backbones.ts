/** A folder under `models/weights/`. */
export type BackboneId = string

/** Every backbone there is: a folder under `models/weights/` and one line here. */
export const BACKBONES: readonly BackboneId[] = ['mobilenet-v1-1.0', 'mobilenet-v2-0.35']

/**
 * Chosen by measurement (issue #2; 20 labels per state, balanced accuracy V2-0.35 / V1-1.0): webcams 0.988 / 0.988,
 * parking 0.970 / 0.905, at a quarter of the time per frame. V1, whose origin is proven, is one setting away.
 */
export const DEFAULT_BACKBONE: BackboneId = 'mobilenet-v2-0.35'

/** Cells on a side of the grid of features (see `GRID`). */
export const CELLS = 4
