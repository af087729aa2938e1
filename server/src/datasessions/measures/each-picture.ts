import { type Card, type Image, ImageError, type Shape } from '@ajar/images'
import { type InputFile, OperationError, type OperationWork } from '../operation.ts'

/** A picture whose turn it is. */
export interface Turn {
  file: InputFile
  /** Of the file among those that were given, from 0. */
  index: number
  image: Image
  /** Of FITS. */
  cards: readonly Card[]
  /** Milliseconds UTC; null where nothing says so. */
  takenAt: number | null
}

/** An input that could not be read, and why. */
export interface LeftOut {
  basename: string
  why: string
}

export interface TurnOptions {
  /** Filled with what cannot be read. */
  leftOut: LeftOut[]
  /** What part of the whole operation this is, in fractions 0..1. */
  share?: [number, number]
  /** Whether pictures of another size than the first that can be read are an error. */
  sameSize?: boolean
  /** Which rows are wanted, from and to (exclusive); all unless it says. What it throws ends it. */
  rows?(shape: Shape, file: InputFile): [number, number]
}

/**
 * Reads pictures one at a time: whoever asks has the memory of one of them. One that is damaged or gone is left out and
 * told, for it would be a pity about the other thousands.
 * @throws OperationError `sizes_differ`; `none_readable` where all had to be left out
 */
export async function* inTurn(
  work: OperationWork,
  files: readonly InputFile[],
  { leftOut, share: [from, to] = [0, 1], sameSize = false, rows }: TurnOptions,
): AsyncGenerator<Turn> {
  let first: { file: InputFile; image: Image } | null = null
  for (const [index, file] of files.entries()) {
    const read = await readOrWhy(work, file, rows)
    if (typeof read === 'string') leftOut.push({ basename: file.basename, why: read })
    else {
      first ??= { file, image: read.image }
      if (sameSize) mustBeAlike(first, { file, image: read.image })
      yield { ...read, file, index }
    }
    await work.report(from + ((to - from) * (index + 1)) / files.length)
  }
  if (first) return
  const [one] = leftOut
  const text =
    files.length === 1 ? `it cannot be read: ${one?.why}` : `none of them can be read; the first: ${one?.why}`
  throw new OperationError('none_readable', `${files[0]?.basename ?? 'no file'}: ${text}`)
}

type Read = Omit<Turn, 'file' | 'index'>

async function readOrWhy(work: OperationWork, file: InputFile, rows: TurnOptions['rows']): Promise<Read | string> {
  try {
    return await read(work, file, rows)
  } catch (error) {
    if (error instanceof ImageError) return error.message
    throw error
  }
}

/** A picture, its header, and when it was taken. @throws ImageError */
export async function read(work: OperationWork, file: InputFile, rows?: TurnOptions['rows']): Promise<Read> {
  const reader = await work.open(file)
  try {
    const { width, height, planes, cards } = reader
    const [from, to] = rows?.({ width, height, planes }, file) ?? [0, height]
    const image = { width, height: to - from, planes, samples: await reader.rows(from, to) }
    return { image, cards, takenAt: takenAt(file, cards) }
  } finally {
    await reader.close()
  }
}

/** When a picture was taken: of a frame its own time, of FITS `DATE-OBS` (FITS 4.0, 9.1.1), which is UTC. */
export function takenAt(file: InputFile, cards: readonly Card[] = []): number | null {
  if ('frame' in file.at) return file.at.frame.capturedAt
  const cardOf = (name: string) => cards.find(({ keyword }) => keyword === name)?.value
  const date = cardOf('DATE-OBS')
  if (typeof date !== 'string') return null
  const clock = cardOf('TIME-OBS')
  const text = date.includes('T') || typeof clock !== 'string' ? date.trim() : `${date.trim()}T${clock.trim()}`
  const at = Date.parse(text.includes('T') && !/(Z|[+-]\d\d:?\d\d)$/.test(text) ? `${text}Z` : text)
  return Number.isFinite(at) ? at : null
}

/** Frames in the order of their time; other files as they were given, where one has none that is known beforehand. */
export function inTimeOrder(files: readonly InputFile[]): InputFile[] {
  if (!files.every(({ at }) => 'frame' in at)) return [...files]
  return files.toSorted((a, b) => (takenAt(a) as number) - (takenAt(b) as number))
}

interface Named {
  file: InputFile
  image: Image
}

/** @throws OperationError `sizes_differ` */
export function mustBeAlike(first: Named, other: Named) {
  const [a, b] = [first.image, other.image]
  if (a.width === b.width && a.height === b.height && a.planes === b.planes) return
  throw new OperationError(
    'sizes_differ',
    `${other.file.basename} is ${sizeOf(b)}, but ${first.file.basename} is ${sizeOf(a)}: pixels can be compared only ` +
      `where all files are of one size. Leave one out${a.planes === b.planes ? ', or cut all to one size with Crop first' : ''}.`,
  )
}

export function sizeOf({ width, height, planes }: Pick<Image, 'width' | 'height' | 'planes'>): string {
  return `${width} x ${height} ${planes === 1 ? 'in grey' : planes === 3 ? 'in colour' : `with ${planes} planes`}`
}
