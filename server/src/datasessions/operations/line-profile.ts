import { type Image, lineProfile as levelsAlong, type Shape } from '@ajar/images'
import { chart } from '../drawing/chart.ts'
import { clockIn, isoOf, TIME_ZONE } from '../drawing/clock.ts'
import { inTimeOrder, inTurn, type LeftOut, sizeOf } from '../measures/each-picture.ts'
import { type Direction, type Edge, strongestEdge } from '../measures/strongest-edge.ts'
import { finite, told } from '../measures/told.ts'
import { type InputFile, OperationError, operation } from '../operation.ts'

interface Line {
  x1: number
  y1: number
  x2: number
  y2: number
}

interface Profiled {
  file: InputFile
  takenAt: number | null
  profile: Float64Array
  edge: Edge | null
}

/** So many numbers of profiles stand in `output_data`; the table and the picture over time have all. */
const MOST_NUMBERS = 50_000

const place = (name: string, description: string) =>
  ({ name, description, type: 'float', minimum: 0, maximum: 100_000 }) as const

/** The levels along a line in each file, and where their steepest step is: a door's edge, as it moves. */
export const lineProfile = operation({
  name: 'Line Profile',
  description:
    'The brightness along a line, of each file and on average, and where along it the strongest edge lies: draw the line ' +
    'across a door’s edge and see it move over time.',
  category: 'analysis',
  inputs: {
    input_files: {
      name: 'Input Files',
      description:
        'The files in which the line is drawn, all of one size; frames are taken in the order of their time.',
      type: 'fits',
      minimum: 1,
      maximum: 999,
    },
    x1: place(
      'Start: Column',
      'Where the line begins, in pixels of the full picture from its left; 0 is the middle of the leftmost.',
    ),
    y1: place('Start: Row', 'Where the line begins, in pixels from the top; 0 is the middle of the topmost.'),
    x2: place('End: Column', 'Where the line ends, in pixels from the left.'),
    y2: place('End: Row', 'Where the line ends, in pixels from the top.'),
    smoothing: {
      name: 'Smoothing',
      description: 'Over how many pixels along the line noise is smoothed before the edge is looked for.',
      type: 'float',
      minimum: 0.5,
      maximum: 50,
      default: 1.5,
      required: false,
    },
    edge: {
      name: 'Edge',
      description:
        'Which edge is looked for, as one goes from the start of the line to its end: one to brighter or to darker pixels, ' +
        'or any. Where several are about as strong, draw a shorter line.',
      type: 'select',
      options: ['any', 'to bright', 'to dark'],
      default: 'any',
      required: false,
    },
    thickness: {
      name: 'Thickness',
      description: 'The mean of so many lines side by side, a pixel apart, is taken: noise becomes less.',
      type: 'int',
      minimum: 1,
      maximum: 101,
      default: 1,
      required: false,
    },
    time_zone: TIME_ZONE,
  },
  async perform({ input_files, x1, y1, x2, y2, smoothing, edge, thickness, time_zone }, work) {
    const clock = clockIn(time_zone)
    const line = { x1, y1, x2, y2 }
    const leftOut: LeftOut[] = []
    const all: Profiled[] = []
    for await (const { file, image, takenAt } of inTurn(work, inTimeOrder(input_files), { leftOut, sameSize: true })) {
      mustLieWithin(line, image, file)
      const profile = thickProfile(image, line, thickness)
      all.push({ file, takenAt, profile, edge: strongestEdge(profile, smoothing, edge as Direction) })
    }
    const profiles = all.map(({ profile }) => profile)
    const mean = meanOf(profiles)
    const where = placesOf(line, mean.length)
    const places = where.map(({ at }) => `p${at.toFixed(2)}`)
    await work.table(
      'profile',
      ['position', 'x', 'y', 'mean', 'deviation'],
      where.map(({ at, x, y }, i) => [at, x, y, finite(mean[i]?.mean), finite(mean[i]?.deviation)]),
    )
    await work.table(
      'edges',
      EDGE_COLUMNS,
      all.map((one) => edgeRow(one, line)),
    )
    await work.table('profiles', ['basename', ...places], rowsOf(all))
    await work.fits('profiles-over-time', overTime(profiles), { stretch: 'zscale' })
    await work.picture('profile-chart', await profileChart(where, mean))
    if (all.length > 1) await work.picture('edges-chart', await edgeChart(all, line, clock))
    const length = Math.hypot(x2 - x1, y2 - y1)
    const hasAll = all.length * mean.length <= MOST_NUMBERS
    const files = all.map((one) => ({
      ...edgeBody(one, line),
      ...(hasAll ? { profile: Array.from(one.profile, finite) } : {}),
    }))
    work.data(told({ ...line, length, mean: mean.map((one) => finite(one.mean)) }, files, leftOut))
  },
})

function mustLieWithin({ x1, y1, x2, y2 }: Line, shape: Shape, file: InputFile) {
  if (x1 === x2 && y1 === y2)
    throw new OperationError('no_line', 'the line begins where it ends: give two places in the picture')
  const [columns, rows] = [shape.width - 1, shape.height - 1]
  if ([x1, x2].every((x) => x >= 0 && x <= columns) && [y1, y2].every((y) => y >= 0 && y <= rows)) return
  throw new OperationError(
    'outside',
    `the line from ${x1}, ${y1} to ${x2}, ${y2} reaches out of ${file.basename}, which is ${sizeOf(shape)}: ` +
      `its columns are 0 to ${columns}, its rows 0 to ${rows}`,
  )
}

/** The mean of lines side by side; those that lie outside of the picture see its edge. */
function thickProfile(image: Image, { x1, y1, x2, y2 }: Line, thickness: number): Float64Array {
  const length = Math.hypot(x2 - x1, y2 - y1)
  const sum = new Float64Array(Math.ceil(length + 1))
  for (let i = 0; i < thickness; i++) {
    const aside = i - (thickness - 1) / 2
    const [dx, dy] = [(-aside * (y2 - y1)) / length, (aside * (x2 - x1)) / length]
    const levels = levelsAlong(image, x1 + dx, y1 + dy, x2 + dx, y2 + dy)
    // Rounding may make a shifted line a step longer.
    for (let step = 0; step < sum.length; step++)
      sum[step] = (sum[step] as number) + (levels[Math.min(step, levels.length - 1)] as number) / thickness
  }
  return sum
}

/** Mean and standard deviation over the files at each place; blank values are left out. */
function meanOf(profiles: readonly Float64Array[]): { mean: number; deviation: number }[] {
  return Array.from({ length: profiles[0]?.length ?? 0 }, (_, i) => {
    const values = profiles.map((profile) => profile[i] as number).filter((value) => !Number.isNaN(value))
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    return { mean, deviation: Math.sqrt(squares / values.length) }
  })
}

/** Where a step of a profile lies: along the line, and in the picture. */
function placeOf({ x1, y1, x2, y2 }: Line, step: number, steps: number) {
  const share = steps > 1 ? step / (steps - 1) : 0
  return { at: share * Math.hypot(x2 - x1, y2 - y1), x: x1 + share * (x2 - x1), y: y1 + share * (y2 - y1) }
}

function placesOf(line: Line, steps: number) {
  return Array.from({ length: steps }, (_, step) => placeOf(line, step, steps))
}

const EDGE_COLUMNS = ['basename', 'time', 'state', 'position', 'x', 'y', 'change']

function edgeRow(one: Profiled, line: Line): (string | number | null)[] {
  const { basename, time, state, edge } = edgeBody(one, line)
  return [basename, time, state, edge?.position ?? null, edge?.x ?? null, edge?.y ?? null, edge?.change ?? null]
}

/** `change`: levels per pixel along the line; below 0 where it becomes darker. */
function edgeBody({ file, takenAt, profile, edge }: Profiled, line: Line) {
  const at = edge && placeOf(line, edge.at, profile.length)
  const step = placeOf(line, 1, profile.length).at
  const body = at && edge && { position: at.at, x: at.x, y: at.y, change: edge.change / step }
  return { basename: file.basename, time: isoOf(takenAt), state: file.recorded?.state ?? null, edge: body }
}

function* rowsOf(all: readonly Profiled[]) {
  for (const { file, profile } of all) yield [file.basename, ...Array.from(profile, finite)]
}

/** Each profile a row, the first at the top: what stands still is an upright line, what moves a bent one. */
function overTime(profiles: readonly Float64Array[]): Image {
  const width = profiles[0]?.length ?? 0
  const samples = new Float32Array(width * profiles.length)
  for (const [row, profile] of profiles.entries()) samples.set(profile, row * width)
  return { width, height: profiles.length, planes: 1, samples }
}

function profileChart(where: { at: number }[], mean: { mean: number; deviation: number }[]): Promise<Image> {
  const points = (pick: (one: { mean: number; deviation: number }) => number) =>
    mean.map((one, i) => ({ x: where[i]?.at ?? i, y: pick(one) }))
  const lines = [
    { name: 'mean', colour: '#0b6a86', points: points(({ mean }) => mean) },
    { name: '+ deviation', colour: '#b9c4cf', points: points(({ mean, deviation }) => mean + deviation) },
    { name: '\u2212 deviation', colour: '#b9c4cf', points: points(({ mean, deviation }) => mean - deviation) },
  ]
  return chart({ title: 'Levels along the line', across: 'pixels from its start', lines })
}

function edgeChart(all: readonly Profiled[], line: Line, clock: (at: number) => string): Promise<Image> {
  const hasTimes = all.every(({ takenAt }) => takenAt !== null)
  const points = all.map(({ takenAt, profile, edge }, i) => ({
    x: hasTimes ? (takenAt as number) : i + 1,
    y: edge ? placeOf(line, edge.at, profile.length).at : Number.NaN,
  }))
  return chart({
    title: 'Where the strongest edge lies, in pixels from the start of the line',
    across: hasTimes ? 'time' : 'file',
    lines: [{ name: 'edge', colour: '#c46a00', points }],
    ...(hasTimes ? { clock } : {}),
  })
}
