import type { Samples } from '@ajar/images'
import { OperationError } from '../operation.ts'
import type { Picture, SampleType } from './pictures.ts'
import { inTurn } from './read-ahead.ts'
import type { Survey } from './survey.ts'

export const BYTES: Record<SampleType, number> = { u8: 1, i16: 2, u16: 2, i32: 4, f32: 4, f64: 8 }

/** What combining many pictures may take. */
export interface Bounds {
  /** Of memory for samples, beside what comes of them and the few pictures that are being decoded. */
  memoryBytes?: number
  /** @param fraction 0..1 of the whole */
  report?(fraction: number): void | Promise<void>
}

/** Of the gigabyte that the process may have: decoders, the result and its JPEGs take their part. */
export const MEMORY_BYTES = 560e6

/** Rows from `from` (inclusive) to `to` (exclusive). */
export interface Band {
  from: number
  to: number
}

/** Cuts pictures into bands of rows of which each takes at most so much. @throws OperationError where a row takes more */
export function bandsOf({ height }: Survey, bytesPerRow: number, memoryBytes: number): Band[] {
  const rows = Math.floor(memoryBytes / bytesPerRow)
  if (rows < 1)
    throw new OperationError('too_large', 'A row of all files takes more memory than there is. Use fewer files.')
  const bands: Band[] = []
  for (let from = 0; from < height; from += rows) bands.push({ from, to: Math.min(height, from + rows) })
  return bands
}

/** Reads a band of each picture and hands it on, in their order. */
export async function eachBand(
  pictures: readonly Picture[],
  { width, height, planes, of }: Survey,
  { from, to }: Band,
  take: (samples: Samples, index: number) => void | Promise<void>,
) {
  const bytes = width * height * planes * BYTES[of]
  await inTurn(
    pictures,
    async ({ open }) => {
      const reader = await open()
      try {
        return await reader.rows(from, to)
      } finally {
        await reader.close()
      }
    },
    take,
    // Decoders hold whole pictures.
    Math.max(1, Math.min(4, Math.floor(200e6 / bytes))),
  )
}

/** Where a band of all planes goes in the whole picture: its pieces, plane by plane. */
export function placesOf({ width, height, planes }: Survey, { from, to }: Band) {
  const length = (to - from) * width
  return Array.from({ length: planes }, (_, plane) => ({
    inBand: plane * length,
    inWhole: (plane * height + from) * width,
    length,
  }))
}
