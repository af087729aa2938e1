import type { Bytes } from '../bytes.ts'
import { ImageError, type Shape } from '../image.ts'
import { STRUCTURE } from './cards.ts'
import { axesOf, readHeader, type Unit } from './header.ts'

/** In pixels. */
export const MOST_PIXELS = 100e6
const MOST_UNITS = 1000
/** So many images are listed where another one is asked for. */
const MOST_NAMED = 20

export type Frame = Shape

/** One of a file's images: its EXTNAME, or which unit it is, where the primary one is 0. */
export type Extension = string | number

/**
 * The header of the image that a FITS file is taken for: the extension named SCI, else the first image of two or three
 * axes, plain or compressed in tiles; or the one that is asked for. What is broken behind a good image is left alone.
 * @param mostSearched bytes that are looked through
 * @throws ImageError
 */
export async function imageUnit(bytes: Bytes, mostSearched: number, extension?: Extension): Promise<Unit> {
  if (extension !== undefined) return unitOf(await allUnits(bytes, mostSearched), extension)
  let primary: Unit | undefined
  let first: Unit | undefined
  let at = 0
  for (let count = 0; count < MOST_UNITS && at <= mostSearched; count++) {
    let unit: Unit | undefined
    try {
      unit = await readHeader(bytes, at)
    } catch (error) {
      if (first && error instanceof ImageError) return inherited(first, primary)
      throw error
    }
    if (!unit) break
    primary ??= unit
    if (isImage(unit)) {
      if (nameOf(unit) === 'SCI') return inherited(unit, primary)
      first ??= unit
    }
    at = unit.end
  }
  if (first) return inherited(first, primary)
  throw new ImageError('not_an_image', at ? 'This FITS file holds no image.' : 'This is no FITS file.')
}

/** @throws ImageError `no_extension` */
function unitOf(units: readonly Unit[], extension: Extension): Unit {
  const [primary] = units
  const at = typeof extension === 'number' ? extension : units.findIndex((unit) => nameOf(unit) === extension)
  const unit = units[at]
  if (unit && isImage(unit)) return inherited(unit, primary)
  const images = units.flatMap((one, i) => (isImage(one) ? [`${i}${nameOf(one) ? ` (${nameOf(one)})` : ''}`] : []))
  throw new ImageError(
    'no_extension',
    `This file has no image ${typeof extension === 'number' ? extension : `"${extension}"`}; it has: ` +
      `${images.length > MOST_NAMED ? `${images.slice(0, MOST_NAMED).join(', ')}, and more` : images.join(', ') || 'none'}.`,
  )
}

/** The headers of a FITS file, the primary one first; of what is broken and behind it none. @throws ImageError where the first is broken */
export async function allUnits(bytes: Bytes, mostSearched: number): Promise<Unit[]> {
  const units: Unit[] = []
  for (let at = 0; units.length < MOST_UNITS && at <= mostSearched; ) {
    const unit = await readHeader(bytes, at).catch((error) => {
      if (units.length > 0 && error instanceof ImageError) return undefined
      throw error
    })
    if (!unit) break
    units.push(unit)
    at = unit.end
  }
  return units
}

export function nameOf({ keywords }: Unit): string | undefined {
  return keywords.string('EXTNAME')?.trim()
}

/** With the primary header's keywords where it asks for them (INHERIT, FITS 4.0, 4.4.2.6). */
export function inherited(unit: Unit, primary: Unit | undefined): Unit {
  if (!primary || primary === unit || !unit.keywords.isTrue('INHERIT')) return unit
  const more = primary.cards.filter(
    ({ keyword, value }) => value !== null && !unit.keywords.has(keyword) && !STRUCTURE.test(keyword),
  )
  return { ...unit, cards: [...unit.cards, ...more] }
}

export function isTiled({ keywords }: Unit) {
  return keywords.string('XTENSION')?.trim() === 'BINTABLE' && keywords.isTrue('ZIMAGE')
}

export function isImage(unit: Unit) {
  const extension = unit.keywords.string('XTENSION')?.trim()
  if (extension !== undefined && extension !== 'IMAGE' && !isTiled(unit)) return false
  const axes = axesOf(unit.keywords, isTiled(unit) ? 'Z' : '')
  return axes.length >= 2 && axes.every((axis) => axis > 0)
}

/** What an image is as a picture. @throws ImageError `too_large` | `not_supported` */
export function frameOf(unit: Unit): Frame {
  const [width = 0, height = 0, planes = 1, ...more] = axesOf(unit.keywords, isTiled(unit) ? 'Z' : '')
  if (width * height > MOST_PIXELS)
    throw new ImageError('too_large', `A picture of ${width} x ${height} pixels is larger than 100 megapixels.`)
  if ((planes !== 1 && planes !== 3) || more.some((axis) => axis !== 1))
    throw new ImageError('not_supported', 'A FITS image has one plane, or three for red, green and blue.')
  return { width, height, planes }
}
