import type { FitsExtension } from '@ajar/images'
import { Refusal } from './_refusal.ts'
import { heightOf, type Rect, type Section, sectionOf, widthOf } from './_sections.ts'

/** One amplifier of a sensor, as its picture in the file says. */
export interface Amplifier {
  /** Which unit of the file has it. */
  index: number
  name: string
  /** Whether its picture is mirrored in the mosaic. */
  isTurnedX: boolean
  isTurnedY: boolean
  /** Its picture, and in it what saw light. Of the mosaic, or of its own picture where there is none. */
  all: Rect
  data: Rect
  /** What saw none: columns before and after the data, and rows over it. Null where no picture of the file has any. */
  pre: Rect | null
  post: Rect | null
  over: Rect | null
}

export interface Layout {
  type: 'CCD' | 'CCD-OVERSCAN'
  /** The picture that they make together, in samples; null where the file does not say how. */
  mosaic: { width: number; height: number } | null
  amplifiers: Amplifier[]
}

interface Part {
  picture: FitsExtension
  data: Section | null
  bias: Section | null
  detector: Section | null
}

/**
 * How the amplifiers of a sensor make one picture, by the keywords that observatories tell it with: DETSEC, DATASEC (or
 * TRIMSEC), BIASSEC and DETSIZE. Each is put where DETSEC says, in the order of its columns and rows: with all that it has
 * beside its data, where there is any, else just where it is on the detector. One that was read out backwards is turned around.
 * A picture that is alone, or not said to be a part of another, is told in its own pixels.
 */
export function layoutOf(pictures: readonly FitsExtension[]): Layout {
  const all = pictures.map(partOf)
  const told = all.filter(({ data, detector }) => data || detector)
  const parts = told.length > 0 ? told : all
  const isOverscan = parts.some(
    ({ picture, data }) => data && !(data.x1 === 0 && data.y1 === 0 && fills(data, picture)),
  )
  const isMosaic = parts.length > 1 && parts.every(({ detector }) => detector)
  const places = isMosaic ? placesOf(parts, isOverscan) : parts.map(() => ({ x: 0, y: 0 }))
  const amplifiers = parts.map((part, i) => amplifierOf(part, places[i] as Place, isMosaic, isOverscan))
  const mosaic = isMosaic ? sizeOf(amplifiers) : null
  return { type: isOverscan ? 'CCD-OVERSCAN' : 'CCD', mosaic, amplifiers }
}

interface Place {
  x: number
  y: number
}

function partOf(picture: FitsExtension): Part {
  const data = sectionOf(picture, 'DATASEC') ?? sectionOf(picture, 'TRIMSEC')
  const bias = sectionOf(picture, 'BIASSEC')
  for (const [section, keyword] of [
    [data, 'DATASEC'],
    [bias, 'BIASSEC'],
  ] as const)
    if (section && (section.x1 < 0 || section.y1 < 0 || section.x2 >= picture.width || section.y2 >= picture.height))
      throw new Refusal(
        `${keyword} of ${nameOf(picture)} reaches beyond its picture of ${picture.width} x ${picture.height} pixels`,
      )
  return { picture, data, bias, detector: sectionOf(picture, 'DETSEC') }
}

function nameOf({ name, index }: FitsExtension): string {
  return name ?? `${index}`
}

function fills(section: Section, { width, height }: FitsExtension): boolean {
  return widthOf(section) === width && heightOf(section) === height
}

/** Where in the mosaic each begins. */
function placesOf(parts: readonly Part[], isOverscan: boolean): Place[] {
  const sections = parts.map(({ detector }) => detector as Section)
  const isOneToOne = parts.every(({ picture, detector }) => fills(detector as Section, picture))
  if (!isOverscan && isOneToOne) {
    const size = parts.map(({ picture }) => sectionOf(picture, 'DETSIZE')).find((one) => one !== null)
    const x = size?.x1 ?? Math.min(...sections.map(({ x1 }) => x1))
    const y = size?.y1 ?? Math.min(...sections.map(({ y1 }) => y1))
    return sections.map(({ x1, y1 }) => ({ x: x1 - x, y: y1 - y }))
  }
  const x = startsOf(sections.map(({ x1 }, i) => ({ at: x1, size: (parts[i] as Part).picture.width })))
  const y = startsOf(sections.map(({ y1 }, i) => ({ at: y1, size: (parts[i] as Part).picture.height })))
  return sections.map(({ x1, y1 }) => ({ x: x.get(x1) as number, y: y.get(y1) as number }))
}

/** Of parts that begin at the same place of the detector, where they begin one behind the other with all that they have. */
function startsOf(parts: readonly { at: number; size: number }[]): Map<number, number> {
  const sizes = new Map<number, number>()
  for (const { at, size } of parts) sizes.set(at, Math.max(sizes.get(at) ?? 0, size))
  let next = 0
  const starts = new Map<number, number>()
  for (const [at, size] of [...sizes].sort(([a], [b]) => a - b)) {
    starts.set(at, next)
    next += size
  }
  return starts
}

function amplifierOf(
  { picture, data, bias, detector }: Part,
  place: Place,
  isMosaic: boolean,
  isOverscan: boolean,
): Amplifier {
  const { width, height } = picture
  const whole: Rect = { x1: 0, x2: width - 1, y1: 0, y2: height - 1 }
  const lit = data ?? whole
  const isBefore = bias !== null && bias.x2 < lit.x1
  const pre = isBefore ? bias : { x1: 0, x2: lit.x1 - 1, y1: lit.y1, y2: lit.y2 }
  const post = bias && !isBefore ? bias : { x1: lit.x2 + 1, x2: width - 1, y1: lit.y1, y2: lit.y2 }
  const over = { x1: 0, x2: width - 1, y1: lit.y2 + 1, y2: height - 1 }
  const isTurnedX = isMosaic && (detector?.isTurnedX ?? false)
  const isTurnedY = isMosaic && (detector?.isTurnedY ?? false)
  const put = ({ x1, x2, y1, y2 }: Rect): Rect => ({
    x1: place.x + (isTurnedX ? width - 1 - x2 : x1),
    x2: place.x + (isTurnedX ? width - 1 - x1 : x2),
    y1: place.y + (isTurnedY ? height - 1 - y2 : y1),
    y2: place.y + (isTurnedY ? height - 1 - y1 : y2),
  })
  return {
    ...{ index: picture.index, name: nameOf(picture), isTurnedX, isTurnedY, all: put(whole), data: put(lit) },
    ...(isOverscan ? { pre: put(pre), post: put(post), over: put(over) } : { pre: null, post: null, over: null }),
  }
}

/** As far as the last of them reaches. */
function sizeOf(amplifiers: readonly Amplifier[]) {
  return {
    width: Math.max(...amplifiers.map(({ all }) => all.x2)) + 1,
    height: Math.max(...amplifiers.map(({ all }) => all.y2)) + 1,
  }
}
