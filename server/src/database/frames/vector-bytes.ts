import { lengthOf, type VectorView } from '@ajar/models'
import type { FrameReader } from './frame-reader.ts'
import type { StoredFrame } from './frames-file.ts'

/** How a reading of a sensor is kept where frames are: its numbers as a list in JSON. */

/** @returns null where the bytes are none of a reading */
export function numbersOf(bytes: Uint8Array): number[] | null {
  try {
    const numbers: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return Array.isArray(numbers) && numbers.every((one) => typeof one === 'number') ? numbers : null
  } catch {
    return null
  }
}

/** The largest number that a Float32Array holds as one that is finite. */
const MOST = 3.4028234663852886e38

/** Numbers as models take them: finite, also where they were larger. */
export function vectorOf(numbers: readonly number[]): Float32Array {
  return Float32Array.from(numbers, (one) => Math.max(-MOST, Math.min(MOST, one)))
}

/**
 * What a model is shown of a reading: it and those before it, as many as the view says, the newest last. They are what the
 * frames files hold, so that it is the same whenever it is asked; one of another length, and all before it, are left out.
 * @param bytes of the reading itself
 * @returns null where that is no reading of the view's length
 */
export function lookOf(
  reader: Pick<FrameReader, 'before'>,
  { camera, capturedAt }: Pick<StoredFrame, 'camera' | 'capturedAt'>,
  bytes: Uint8Array,
  view: VectorView,
): Float32Array[] | null {
  const length = lengthOf(view)
  const newest = numbersOf(bytes)
  if (newest?.length !== length) return null
  const look = [vectorOf(newest)]
  if (view.window === 1) return look
  for (const { bytes: before } of reader.before(camera, capturedAt, view.window - 1)) {
    const numbers = numbersOf(before)
    if (numbers?.length !== length) break
    look.unshift(vectorOf(numbers))
  }
  return look
}
