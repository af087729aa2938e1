import { Keywords } from './fits/cards.ts'
import type { Card } from './image.ts'

/** Where pixels stand in the sky: the plane that touches it at `crval` (TAN). Right ascension and declination in degrees. */
export interface Wcs {
  crval: [number, number]
  /** As FITS counts, from 1. */
  crpix: [number, number]
  /** Degrees a pixel, along x and y. */
  cd1: [number, number]
  cd2: [number, number]
  /** Right ascension and declination of a pixel, which count from 0. */
  toSky(x: number, y: number): [number, number]
  /** The pixel that shows this part of the sky, NaN where none does: the other half of the sky. */
  toPixel(ra: number, dec: number): [number, number]
}

const DEGREE = Math.PI / 180

/** Of a header's cards; undefined where they tell of no place in the sky, or in another projection than TAN. */
export function wcsOf(cards: readonly Card[]): Wcs | undefined {
  const keywords = new Keywords(cards)
  const [first, second] = [keywords.string('CTYPE1')?.trim(), keywords.string('CTYPE2')?.trim()]
  // With distortions of SIP this is the plane without them.
  if (!/^RA---TAN(-SIP)?$/.test(first ?? '') || !/^DEC--TAN(-SIP)?$/.test(second ?? '')) return undefined
  // The plane may be turned around its point of touch: no camera's is.
  if ((keywords.number('LONPOLE') ?? 180) !== 180) return undefined
  const crval = pairOf(keywords, 'CRVAL1', 'CRVAL2')
  const crpix = pairOf(keywords, 'CRPIX1', 'CRPIX2')
  const matrix = matrixOf(keywords)
  if (!crval || !crpix || !matrix) return undefined
  const [a, b, c, d] = matrix
  const determinant = a * d - b * c
  if (!(Math.abs(determinant) > 0)) return undefined
  return {
    crval,
    crpix,
    cd1: [a, b],
    cd2: [c, d],
    toSky(x, y) {
      const dx = x + 1 - crpix[0]
      const dy = y + 1 - crpix[1]
      return toSphere((a * dx + b * dy) * DEGREE, (c * dx + d * dy) * DEGREE, crval)
    },
    toPixel(ra, dec) {
      const [xi, eta] = toPlane(ra, dec, crval).map((value) => value / DEGREE) as [number, number]
      return [(d * xi - b * eta) / determinant + crpix[0] - 1, (a * eta - c * xi) / determinant + crpix[1] - 1]
    },
  }
}

/** CDi_j; else PCi_j or CROTA2 times CDELTi (FITS 4.0, 8.1 and 8.2). */
function matrixOf(keywords: Keywords): [number, number, number, number] | undefined {
  const cd = ['CD1_1', 'CD1_2', 'CD2_1', 'CD2_2']
  if (cd.some((keyword) => keywords.has(keyword)))
    return cd.map((keyword) => keywords.number(keyword) ?? 0) as [number, number, number, number]
  const delta = pairOf(keywords, 'CDELT1', 'CDELT2')
  if (!delta) return undefined
  const pc = ['PC1_1', 'PC1_2', 'PC2_1', 'PC2_2']
  if (pc.some((keyword) => keywords.has(keyword))) {
    const [a, b, c, d] = pc.map((keyword, i) => keywords.number(keyword) ?? (i === 0 || i === 3 ? 1 : 0)) as number[]
    return [delta[0] * (a as number), delta[0] * (b as number), delta[1] * (c as number), delta[1] * (d as number)]
  }
  const angle = (keywords.number('CROTA2') ?? 0) * DEGREE
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  return [delta[0] * cos, -delta[1] * sin, delta[0] * sin, delta[1] * cos]
}

function pairOf(keywords: Keywords, first: string, second: string): [number, number] | undefined {
  const [a, b] = [keywords.number(first), keywords.number(second)]
  return a === undefined || b === undefined ? undefined : [a, b]
}

function toSphere(xi: number, eta: number, [ra0, dec0]: [number, number]): [number, number] {
  const [cos, sin] = [Math.cos(dec0 * DEGREE), Math.sin(dec0 * DEGREE)]
  const across = cos - eta * sin
  const ra = ra0 + Math.atan2(xi, across) / DEGREE
  const dec = Math.atan2(sin + eta * cos, Math.hypot(xi, across)) / DEGREE
  return [((ra % 360) + 360) % 360, dec]
}

function toPlane(ra: number, dec: number, [ra0, dec0]: [number, number]): [number, number] {
  const [cos0, sin0] = [Math.cos(dec0 * DEGREE), Math.sin(dec0 * DEGREE)]
  const [cos, sin] = [Math.cos(dec * DEGREE), Math.sin(dec * DEGREE)]
  const [cosRa, sinRa] = [Math.cos((ra - ra0) * DEGREE), Math.sin((ra - ra0) * DEGREE)]
  const depth = sin0 * sin + cos0 * cos * cosRa
  if (depth <= 0) return [Number.NaN, Number.NaN]
  return [(cos * sinRa) / depth, (cos0 * sin - sin0 * cos * cosRa) / depth]
}

/** Between two parts of the sky in degrees: how far in arcseconds, and the angle from north through east in degrees, 0..360. */
export function separation([ra1, dec1]: [number, number], [ra2, dec2]: [number, number]) {
  const [cos1, sin1] = [Math.cos(dec1 * DEGREE), Math.sin(dec1 * DEGREE)]
  const [cos2, sin2] = [Math.cos(dec2 * DEGREE), Math.sin(dec2 * DEGREE)]
  const [cosRa, sinRa] = [Math.cos((ra2 - ra1) * DEGREE), Math.sin((ra2 - ra1) * DEGREE)]
  const east = cos2 * sinRa
  const north = cos1 * sin2 - sin1 * cos2 * cosRa
  const arcsec = (Math.atan2(Math.hypot(east, north), sin1 * sin2 + cos1 * cos2 * cosRa) / DEGREE) * 3600
  return { arcsec, positionAngle: (Math.atan2(east, north) / DEGREE + 360) % 360 }
}
