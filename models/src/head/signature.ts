import { randomStream } from '../random.ts'
import { rooted } from './head.ts'
import { wholeOf } from './novelty.ts'

/** Numbers of a signature, a byte each: to compare thousands of frames must not take thousands of embeddings. */
const LENGTH = 32
/** Of the projection. Signatures are kept in the database, so it never changes. */
const SEED = 32

/**
 * A frame in 32 bytes (int8 each) by which frames of one backbone are compared: what the whole picture is made of,
 * thrown on fixed random directions, which keeps distances (Johnson and Lindenstrauss 1984).
 * @param features what the backbone gave for the frame
 */
export function signatureOf(features: Float32Array): Uint8Array {
  return signatureOfWhole(wholeOf(rooted(features)))
}

/** The same from `wholeOf`, for whoever has that already. */
export function signatureOfWhole(whole: Float32Array): Uint8Array {
  const signs = directions(whole.length)
  const sums = new Float64Array(LENGTH)
  for (let k = 0; k < LENGTH; k++)
    for (let i = 0; i < whole.length; i++)
      sums[k] = (sums[k] as number) + (whole[i] as number) * (signs[k * whole.length + i] as number)
  const most = sums.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1
  const bytes = Int8Array.from(sums, (sum) => Math.round((127 * sum) / most))
  return new Uint8Array(bytes.buffer)
}

/** 1 - cosine: 0 the same picture, 1 nothing in common, 2 the opposite. Of an empty signature it is 1. */
export function signatureDistance(a: Uint8Array, b: Uint8Array): number {
  let [both, ofA, ofB] = [0, 0, 0]
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [x, y] = [signed(a[i] as number), signed(b[i] as number)]
    both += x * y
    ofA += x * x
    ofB += y * y
  }
  return ofA === 0 || ofB === 0 ? 1 : Math.min(Math.max(1 - both / Math.sqrt(ofA * ofB), 0), 2)
}

const known = new Map<number, Int8Array>()

/** `[LENGTH, channels]` of 1 and -1, which does as well as normal ones (Achlioptas 2003). */
function directions(channels: number): Int8Array {
  const before = known.get(channels)
  if (before) return before
  const random = randomStream(SEED)
  const signs = Int8Array.from({ length: LENGTH * channels }, () => (random() < 0.5 ? -1 : 1))
  known.set(channels, signs)
  return signs
}

function signed(byte: number): number {
  return byte < 128 ? byte : byte - 256
}
