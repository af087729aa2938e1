import { chance, cloud, smooth } from './chance.ts'

/** How long a day of the synthetic door lasts where nothing else is said, milliseconds. */
export const DAY_MS = 600_000

/** One move of the door per cell; moves are 15 to 40 s apart: a cell plus or minus the spread within it. */
const CELL_MS = 27_500
const SPREAD_MS = 12_500
const SWING_MS = 1500
/** From this angle on a person would say it is open. */
const OPEN_FROM_DEGREES = 12
const PASSING_MS = 2600

/** What is true of the scene at one moment. */
export interface DoorTruth {
  state: 'open' | 'closed'
  /** 0 shut, 90 at a right angle to the wall. */
  angleDegrees: number
  /** Light from outside, 0 to 1. */
  daylight: number
  /** The lamp of the room, 0 or 1: on at dusk and dawn. */
  lamp: number
  /** The camera has switched to infra-red: its pictures are grey. */
  night: boolean
  /** How far somebody has walked past the camera, 0 to 1, or null where nobody is there. */
  passing: number | null
}

/**
 * What the door, the light and the people of scene `seed` do at `atMs` (milliseconds since 1970 UTC). Depends on its
 * arguments only, so the truth of any frame can be told from its id, at any time and in any process.
 */
export function doorTruth(seed: number, atMs: number, dayMs = DAY_MS): DoorTruth {
  const angleDegrees = angleAt(seed, atMs)
  return {
    state: angleDegrees >= OPEN_FROM_DEGREES ? 'open' : 'closed',
    angleDegrees,
    ...lightAt(seed, atMs, dayMs),
    passing: passingAt(seed, atMs),
  }
}

/** How far the door opens in the cell of `atMs`, degrees. */
export function widthOfOpening(seed: number, atMs: number): number {
  return openingOf(seed, Math.floor(atMs / CELL_MS))
}

function angleAt(seed: number, atMs: number): number {
  const cell = Math.floor(atMs / CELL_MS)
  const movesAt = cell * CELL_MS + chance(seed, cell, 1) * SPREAD_MS
  const before = restingAngle(seed, cell - 1)
  const after = restingAngle(seed, cell)
  return before + (after - before) * smooth((atMs - movesAt) / SWING_MS)
}

/** Where the door rests after the move of a cell: open in even cells, shut in odd ones. */
function restingAngle(seed: number, cell: number): number {
  return cell % 2 === 0 ? openingOf(seed, cell) : 0
}

function openingOf(seed: number, cell: number): number {
  return 55 + 37 * chance(seed, cell, 2)
}

function lightAt(seed: number, atMs: number, dayMs: number): Pick<DoorTruth, 'daylight' | 'lamp' | 'night'> {
  const sun = -Math.cos((2 * Math.PI * (atMs % dayMs)) / dayMs)
  const clouds = 0.65 + 0.35 * cloud(seed, (atMs / dayMs) * 24)
  const night = sun < -0.35
  return { daylight: smooth((sun + 0.35) / 0.9) * clouds, lamp: !night && sun < 0.15 ? 1 : 0, night }
}

/** In every third cell somebody walks through the room, in front of the door. */
function passingAt(seed: number, atMs: number): number | null {
  const cell = Math.floor(atMs / CELL_MS)
  if (chance(seed, cell, 3) > 1 / 3) return null
  const progress = (atMs - cell * CELL_MS - chance(seed, cell, 4) * (CELL_MS - PASSING_MS)) / PASSING_MS
  return progress >= 0 && progress <= 1 ? progress : null
}
