import type { Archive } from '../database/frames/archive.ts'
import type { FrameId } from '../database/frames/frames-file.ts'

/** What sensors that are set up read, as it is kept where frames are: a list of numbers in JSON. */

/** Of long lists a page holds fewer than were asked for: a reading has up to 4096 numbers, 90 kB as JSON. */
export const PAGE_BYTES = 4 * 1024 * 1024

/** How many of the readings fit into a page. One at least: nobody would get past it otherwise. */
export function howManyFit(sizes: { bytes: number }[]): number {
  let [count, bytes] = [0, 0]
  for (const size of sizes) {
    bytes += size.bytes
    if (count > 0 && bytes > PAGE_BYTES) break
    count++
  }
  return Math.max(1, count)
}

/** What each of the readings said, a list of one number as that number; null where it is not kept any more. */
export async function valuesOf(
  archive: Pick<Archive, 'bytesOf'>,
  readings: FrameId[],
): Promise<(number | number[] | null)[]> {
  if (readings.length === 0) return []
  const all = await archive.bytesOf(readings)
  return all.map((bytes) => bytes && valueIn(bytes))
}

function valueIn(bytes: Uint8Array): number | number[] | null {
  const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())
  if (!Array.isArray(value)) return null
  return value.length === 1 ? (value[0] as number) : (value as number[])
}
