import type { ImageReader, Samples } from '@ajar/images'
import { type Band, BYTES } from './bands.ts'
import { mustMatch, type Picture, type SampleType } from './pictures.ts'
import { inTurn } from './read-ahead.ts'
import { AT_ONCE, Sums } from './sums.ts'
import { type Survey, wider } from './survey.ts'

export interface SumsOfBand extends Omit<Part, 'samples'> {
  sums: Float64Array
}

/** Of one picture. */
interface Part {
  samples: Samples
  /** The samples of each pixel stand side by side, not plane by plane. */
  inPixels: boolean
  of: SampleType
}

/**
 * Sums or means of a band of rows, and the type that holds the samples of all pictures.
 * @param shape of the first; the others are held to it
 * @throws OperationError `sizes_differ`, ImageError
 */
export async function sumsOfBand(
  pictures: readonly Picture[],
  shape: Survey,
  { from, to }: Band,
  method: 'sum' | 'mean',
  report: (fraction: number) => void | Promise<void>,
): Promise<SumsOfBand> {
  const { width, height, planes } = shape
  const length = (to - from) * width * planes
  const added = new Sums(length)
  const memory = new Memory(length * BYTES[shape.of])
  const first = { name: pictures[0]?.name ?? '', shape }
  let { of } = shape
  let inPixels: boolean | undefined
  let some: Samples[] = []
  await inTurn(
    pictures,
    async (picture): Promise<Part> => {
      const reader = await picture.open()
      try {
        mustMatch(first, { name: picture.name, shape: reader })
        return { ...(await read(reader, from, to, memory)), of: reader.sampleType }
      } finally {
        await reader.close()
      }
    },
    async (part, i) => {
      of = wider(of, part.of)
      inPixels ??= part.inPixels
      some.push(part.inPixels === inPixels ? part.samples : turned(part.samples, planes, inPixels))
      if (some.length === AT_ONCE || i === pictures.length - 1) {
        added.add(some)
        for (const samples of some) memory.giveBack(samples)
        some = []
      }
      await report((i + 1) / pictures.length)
    },
    // Decoders hold whole pictures.
    Math.max(1, Math.min(4, Math.floor(200e6 / (width * height * planes * BYTES[shape.of])))),
  )
  return { sums: added.finish(method), inPixels: inPixels === true, of }
}

/** As it is decoded, where that spares turning it into planes. */
async function read(reader: ImageReader, from: number, to: number, memory: Memory) {
  if (reader.pixels) return { samples: await reader.pixels(from, to), inPixels: reader.planes > 1 }
  const into = memory.take()
  const samples = await reader.rows(from, to, into)
  if (samples.buffer !== into) memory.giveBack(new Uint8Array(into))
  return { samples, inPixels: false }
}

/** Planes become pixels, or pixels planes. */
function turned<Of extends Samples>(samples: Of, planes: number, intoPixels: boolean): Of {
  const result = samples.slice() as Of
  const plane = samples.length / planes
  for (let which = 0; which < planes; which++)
    for (let i = 0; i < plane; i++) {
      const [inPlanes, inPixels] = [which * plane + i, i * planes + which]
      if (intoPixels) result[inPixels] = samples[inPlanes] as number
      else result[inPlanes] = samples[inPixels] as number
    }
  return result
}

/** Memory for samples, used again: new memory for each picture costs more than what is done with it. */
class Memory {
  readonly #bytes: number
  readonly #free: ArrayBuffer[] = []
  readonly #own = new WeakSet<ArrayBufferLike>()

  constructor(bytes: number) {
    this.#bytes = bytes
  }

  take(): ArrayBuffer {
    const free = this.#free.pop()
    if (free) return free
    const made = new ArrayBuffer(this.#bytes)
    this.#own.add(made)
    return made
  }

  giveBack({ buffer, byteLength }: Samples | Uint8Array) {
    if (this.#own.has(buffer)) this.#free.push(buffer as ArrayBuffer)
    // Of a decoder: it would stay until much more of the kind has come together.
    else if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
  }
}
