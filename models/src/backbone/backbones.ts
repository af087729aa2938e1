/** A folder under `models/weights/`. */
export type BackboneId = string

/** Every backbone there is: a folder under `models/weights/` and one line here. */
export const BACKBONES: readonly BackboneId[] = ['mobilenet-v1-1.0', 'mobilenet-v2-0.35']

export const DEFAULT_BACKBONE: BackboneId = 'mobilenet-v1-1.0'

/** Cells on a side of the grid of features (see `GRID`). */
export const CELLS = 4
