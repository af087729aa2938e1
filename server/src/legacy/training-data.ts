import { HttpError } from '../http/errors.ts'
import { fieldOf, type OlderJson } from './older-body.ts'

/** Degrees between one angle of DATA and the next: the first is that of the closed door. */
const DEGREES = 15
/** Numbers of amplitude, and of phase, in a packet. */
const SUBCARRIERS = 53
/** States that a sensor may have (`source-settings.ts`). */
const MOST_ANGLES = 32
/** A state cannot be learned from less. */
const FEWEST_POINTS = 2
/** Of all angles together: of more, training takes but a part. */
export const MOST_POINTS = 20_000
/** Commas in a body of so many points and a word or two besides. */
export const MOST_PARTS = MOST_POINTS * 2 * SUBCARRIERS + 10_000

/** What is to be trained: a camera from its labelled frames, or a sensor from what came with the call. */
export type Lesson = { type: 'CAMERA'; camera: string } | VectorLesson

export interface VectorLesson {
  type: 'RSSI' | 'CSI'
  /** Names of the numbers of a reading, as the import of a sensor knows them. */
  columns: string[]
  /** Of the angles, in their order. */
  states: string[]
  /** All readings of an angle, then those of the next; a reading's numbers in the order of its columns. */
  rows(): Iterable<{ state: string; numbers: number[] }>
}

/** As models take them. */
const MOST = 1e15

/** DATA is not of the shape that its TYPE has. */
export class ShapeError extends HttpError {
  /** Where and why: the text itself is one that older clients compare. */
  readonly why: string
  constructor(why: string) {
    super(402, 'no_data', 'Error, no data provided')
    this.why = why
  }
}

/**
 * Reads a call of `/training/post/train`; the order of the checks is that of the old server.
 * @throws HttpError 401, 402, 403 in its words; 400, 413 where nothing can be learned from DATA, or it is too much
 */
export function lessonOf(body: OlderJson): Lesson {
  const [type, data] = [fieldOf(body, 'TYPE'), fieldOf(body, 'DATA')]
  if (type === undefined || type === null) throw new HttpError(401, 'no_type', 'Error, no type provided')
  if (data === undefined || data === null) throw new ShapeError('there is no DATA')
  // Ours, of no older client.
  if (type === 'CAMERA') {
    if (typeof data !== 'string' || data === '') throw new ShapeError('DATA of a CAMERA is "device/camera"')
    return { type, camera: data }
  }
  if (type === 'RSSI') return rssi(data)
  if (type === 'CSI') return csi(data)
  throw new HttpError(403, 'bad_type', "Error, data type specified doesn't exist")
}

/** `[angle][point]` */
function rssi(data: unknown): VectorLesson {
  const angles = listOf(data, 'DATA').map((points, angle) => numbersOf(points, `DATA[${angle}]`))
  return {
    ...{ type: 'RSSI', columns: ['value'], states: learnable(angles.map(({ length }) => length)) },
    *rows() {
      for (const [angle, points] of angles.entries())
        for (const value of points) yield { state: stateOf(angle), numbers: [value] }
    },
  }
}

/** `[0=phase, 1=amplitude][angle][subcarrier][point]`; every packet has all subcarriers of both. */
function csi(data: unknown): VectorLesson {
  const parts = listOf(data, 'DATA')
  if (parts.length !== 2) throw new ShapeError('DATA has to be [phases, amplitudes]')
  const [phases = [], amplitudes = []] = parts.map((part, i) => listOf(part, `DATA[${i}]`))
  if (phases.length !== amplitudes.length)
    throw new ShapeError(`${phases.length} angles have phases and ${amplitudes.length} have amplitudes`)
  const angles = phases.map((phase, angle) => {
    const phaseOf = subcarriersOf(phase, `DATA[0][${angle}]`)
    const amplitudeOf = subcarriersOf(amplitudes[angle], `DATA[1][${angle}]`)
    const points = phaseOf[0]?.length ?? 0
    if (amplitudeOf[0]?.length !== points)
      throw new ShapeError(`angle ${angle} has ${points} points of phase and ${amplitudeOf[0]?.length} of amplitude`)
    return { points, series: [...amplitudeOf, ...phaseOf] }
  })
  return {
    ...{ type: 'CSI', columns: CSI_COLUMNS, states: learnable(angles.map(({ points }) => points)) },
    *rows() {
      for (const [angle, { points, series }] of angles.entries())
        for (let point = 0; point < points; point++)
          yield { state: stateOf(angle), numbers: series.map((values) => values[point] as number) }
    },
  }
}

/** The numbers of the subcarriers that are used, 6 to 58, as those who collect packets write them. */
const CSI_COLUMNS = ['mag', 'phase'].flatMap((part) =>
  Array.from({ length: SUBCARRIERS }, (_, i) => `CH${i + 6}_${part}`),
)

/** `[subcarrier][point]`, as many points of each. */
function subcarriersOf(data: unknown, where: string): number[][] {
  const series = listOf(data, where).map((values, i) => numbersOf(values, `${where}[${i}]`))
  if (series.length !== SUBCARRIERS)
    throw new ShapeError(`${where} has ${series.length} subcarriers: a packet has ${SUBCARRIERS}`)
  const ragged = series.findIndex(({ length }) => length !== series[0]?.length)
  if (ragged !== -1)
    throw new ShapeError(`${where}[${ragged}] has ${series[ragged]?.length} points, not ${series[0]?.length}`)
  return series
}

function listOf(data: unknown, where: string): unknown[] {
  if (!Array.isArray(data) || data.length === 0) throw new ShapeError(`${where} is no list, or an empty one`)
  return data
}

/** JSON has no NaN; what is beyond a double is read as infinite. */
function numbersOf(data: unknown, where: string): number[] {
  const list = listOf(data, where)
  const at = list.findIndex((value) => typeof value !== 'number' || Math.abs(value) > MOST)
  if (at !== -1) throw new ShapeError(`${where}[${at}] is no number, or too large for a measurement`)
  return list as number[]
}

/** @returns the states of angles with so many points @throws HttpError 400, 413 */
function learnable(points: number[]): string[] {
  const states = points.map((_, angle) => stateOf(angle))
  if (states.length < 2)
    throw new HttpError(400, 'too_few_states', 'Error, DATA has one angle: at least 2 are needed to tell them apart')
  if (states.length > MOST_ANGLES)
    throw new HttpError(400, 'too_many_states', `Error, DATA has ${states.length} angles: at most ${MOST_ANGLES}`)
  const few = points.findIndex((count) => count < FEWEST_POINTS)
  if (few !== -1)
    throw new HttpError(
      400,
      'too_few_readings',
      `Error, angle ${states[few]} has ${points[few]} point, at least ${FEWEST_POINTS} are needed`,
    )
  const all = points.reduce((sum, count) => sum + count, 0)
  if (all > MOST_POINTS) throw tooManyPoints(all)
  return states
}

export function tooManyPoints(points?: number): HttpError {
  const said = points === undefined ? 'too many points' : `${points} points`
  return new HttpError(
    413,
    'too_large',
    `Error, DATA has ${said}: at most ${MOST_POINTS} of all angles together, send fewer of each`,
  )
}

function stateOf(angle: number): string {
  return String(angle * DEGREES)
}
