import type { Kysely } from 'kysely'
import type { Span } from '../../database/camera-rows.ts'
import type { StateTables } from '../../database/schema.ts'
import type { InputFile } from '../operation.ts'

/** Capture times of frames, milliseconds UTC, by camera. */
export type FrameTimes = Map<string, Set<number>>

const AT_ONCE = 500

/** The frames that stand behind pictures, also by way of what operations made of them. */
export async function framesBehind(database: Kysely<StateTables>, files: readonly InputFile[]): Promise<FrameTimes> {
  const times: FrameTimes = new Map()
  const made: string[] = []
  for (const { at, source, basename } of files)
    if ('frame' in at) add(times, at.frame.camera, [at.frame.capturedAt])
    else if (source === 'datalab') made.push(basename)
  for (let i = 0; i < made.length; i += AT_ONCE) {
    const rows = await database
      .selectFrom('result_cameras as c')
      .innerJoin('laboratory_files as f', 'f.result', 'c.result')
      .select(['c.camera', 'c.times_json'])
      .where('f.basename', 'in', made.slice(i, i + AT_ONCE))
      .execute()
    for (const { camera, times_json } of rows) add(times, camera, timesOf(times_json))
  }
  return times
}

/** Notes what a result was made of. */
export async function noteFrames(transaction: Kysely<StateTables>, result: number, times: FrameTimes): Promise<void> {
  for (const [camera, all] of times) {
    const sorted = [...all].sort((a, b) => a - b)
    const [first = 0] = sorted
    const steps = sorted.map((time, i) => (i === 0 ? time : time - (sorted[i - 1] ?? 0)))
    const row = { result, camera, first, last: sorted.at(-1) ?? first, times_json: JSON.stringify(steps) }
    await transaction.insertInto('result_cameras').values(row).execute()
  }
}

/** Results that were made of frames of the span. @param cameras the camera's name, and those that it had */
export async function resultsOf(database: Kysely<StateTables>, cameras: string[], span: Span): Promise<number[]> {
  const rows = await database
    .selectFrom('result_cameras')
    .select(['result', 'times_json'])
    .where('camera', 'in', cameras)
    .where('first', '<', span.to)
    .where('last', '>=', span.from)
    .execute()
  return rows.filter(({ times_json }) => isAnyIn(timesOf(times_json), span)).map(({ result }) => result)
}

/** Whether one of the frames is of the span. */
export function touches(times: FrameTimes, cameras: string[], span: Span): boolean {
  return cameras.some((camera) => isAnyIn(times.get(camera) ?? [], span))
}

function isAnyIn(times: Iterable<number>, { from, to }: Span): boolean {
  for (const time of times) if (time >= from && time < to) return true
  return false
}

function timesOf(json: string): number[] {
  let time = 0
  return (JSON.parse(json) as number[]).map((step) => {
    time += step
    return time
  })
}

function add(times: FrameTimes, camera: string, more: number[]) {
  const known = times.get(camera) ?? new Set()
  for (const time of more) known.add(time)
  times.set(camera, known)
}
