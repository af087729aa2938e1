import type { Card, FitsExtension } from '@ajar/images'
import { Refusal } from './_refusal.ts'

/** A rectangle of pixels from 0, both ends in it; one that has none ends a pixel before it begins. */
export interface Rect {
  x1: number
  x2: number
  y1: number
  y2: number
}

/** Where the header says something stands: `[x1:x2,y1:y2]`, from 1. What was read out backwards is told from high to low. */
export interface Section extends Rect {
  isTurnedX: boolean
  isTurnedY: boolean
}

const SECTION = /^\[\s*(-?\d+)\s*:\s*(-?\d+)\s*,\s*(-?\d+)\s*:\s*(-?\d+)\s*\]$/

/** A section of a header; null where the keyword is not there, or empty. @throws Refusal where it is no section */
export function sectionOf({ cards, index, name }: FitsExtension, keyword: string): Section | null {
  const value = cards.find((card: Card) => card.keyword === keyword)?.value
  if (value === undefined || value === null || value === '') return null
  const found = SECTION.exec(String(value).trim())
  if (!found)
    throw new Refusal(
      `${keyword} of ${name ?? `image ${index}`} is ${JSON.stringify(value)}, and no section [x1:x2,y1:y2]`,
    )
  const [x1, x2, y1, y2] = found.slice(1).map(Number) as [number, number, number, number]
  return {
    ...{ x1: Math.min(x1, x2) - 1, x2: Math.max(x1, x2) - 1, y1: Math.min(y1, y2) - 1, y2: Math.max(y1, y2) - 1 },
    ...{ isTurnedX: x1 > x2, isTurnedY: y1 > y2 },
  }
}

export function widthOf({ x1, x2 }: Rect): number {
  return x2 - x1 + 1
}

export function heightOf({ y1, y2 }: Rect): number {
  return y2 - y1 + 1
}
