/** A picture, by its path or its bytes, and what errors call it. */
export interface Picture {
  from: string | Uint8Array
  name: string
}

/** What a thread of the analysis is asked. Sizes are in pixels. */
export type AnalysisRequest = Picture &
  (
    | { kind: 'raw-data'; maxSize: number }
    | ({ kind: 'line-profile' } & LineOnPicture)
    | { kind: 'wcs' }
    | { kind: 'jpg'; stretch: { zmin: number; zmax: number } | null; width: number; height: number }
    /** Writes a file of at most so many bytes. */
    | { kind: 'write-jpg'; to: string; mostBytes: number; width: number; height: number }
    | { kind: 'write-tif'; to: string; mostBytes: number }
  )

/** A line, from pixel to pixel of a displayed picture of this size. */
export interface LineOnPicture {
  width: number
  height: number
  x1: number
  y1: number
  x2: number
  y2: number
}

/** `error`: the picture is at fault, or what was asked of it; `failed`: we are. */
export type AnalysisReply = { id: number } & ({ value: Uint8Array | null } | { error: string } | { failed: string })

/** The picture is at fault, or what was asked of it. */
export class AnalysisError extends Error {}
