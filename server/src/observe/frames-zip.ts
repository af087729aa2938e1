import { nameOfTime } from '@ajar/protocol'
import { type JoinedRow, joined } from '../database/chosen-frames.ts'
import type { Archive } from '../database/frames/archive.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { iso } from '../http/shapes.ts'
import type { ZipEntry } from '../http/stored-zip.ts'
import { shownResult } from './results.ts'

export interface FramesZipPorts {
  database: StateDatabase
  archive: Pick<Archive, 'has' | 'jpeg'>
}

/** Times are milliseconds UTC; `to` exclusive. */
export interface Wanted {
  camera: string
  from: number
  to: number
  state?: string
  /** Also pictures that came with their labels, and that the camera did not see then. */
  imported?: boolean
  /** Only the first of those chosen in each so many milliseconds. */
  every?: number
}

const PAGE = 500
/** As much as a zip remembers of them is some 40 MB. */
const MOST = 500_000

/**
 * The pictures of a span that are stored, the oldest first, and `results.ndjson`, which tells of each. One picture is in
 * memory at a time. One that is pruned before its turn is told of without its file.
 * @param most pictures in one zip; where more are there, the last line says where the next one begins
 */
export async function* framesIn(ports: FramesZipPorts, wanted: Wanted, most = MOST): AsyncGenerator<ZipEntry> {
  const { archive } = ports
  const times: number[] = []
  const gone = new Set<number>()
  let next: number | null = null
  for await (const at of storedTimes(ports, wanted)) {
    if (times.length === most) {
      next = at
      break
    }
    times.push(at)
    const bytes = await archive.jpeg(wanted.camera, at)
    if (bytes) yield { name: fileOf(at), modifiedAt: at, bytes }
    else gone.add(at)
  }
  const text = linesOf(ports.database, wanted.camera, { times, gone, next })
  yield { name: 'results.ndjson', modifiedAt: Date.now(), text }
}

/** When frames were captured whose pictures are there. However rare they are, each query looks at a page of frames only. */
async function* storedTimes({ database: { read }, archive }: FramesZipPorts, wanted: Wanted): AsyncGenerator<number> {
  const { camera, to, state, imported = false, every } = wanted
  for (let from = wanted.from; from < to; ) {
    const page = read
      .selectFrom('frames as f')
      .leftJoin('results as r', (join) =>
        join.onRef('r.camera', '=', 'f.camera').onRef('r.captured_at', '=', 'f.captured_at'),
      )
      .select(['f.captured_at', 'f.stored_at', 'f.code', 'r.state'])
      .where('f.camera', '=', camera)
      .where('f.captured_at', '>=', from)
      .where('f.captured_at', '<', to)
      .orderBy('f.captured_at')
      .limit(PAGE)
    const rows = await page.execute()
    const chosen = rows.filter(
      (row) =>
        row.stored_at !== null && (state === undefined || row.state === state) && (imported || row.code !== 'imported'),
    )
    const there = await archive.has(chosen.map(({ captured_at }) => ({ camera, capturedAt: captured_at })))
    let least = from
    for (const [i, { captured_at: at }] of chosen.entries()) {
      if (!there[i] || at < least) continue
      least = at + 1
      if (every !== undefined) least = (Math.floor(at / every) + 1) * every
      yield at
    }
    if (rows.length < PAGE) return
    from = Math.max(least, (rows.at(-1)?.captured_at ?? to) + 1)
  }
}

interface Sent {
  times: number[]
  gone: Set<number>
  next: number | null
}

async function* linesOf(database: StateDatabase, camera: string, { times, gone, next }: Sent): AsyncGenerator<string> {
  for (let i = 0; i < times.length; i += PAGE) {
    const rows = await joined(database)
      .where('f.camera', '=', camera)
      .where('f.captured_at', 'in', times.slice(i, i + PAGE))
      .orderBy('f.captured_at')
      .execute()
    yield rows.map((row) => `${JSON.stringify(lineOf(row, gone.has(row.captured_at)))}\n`).join('')
  }
  if (next !== null) yield `${JSON.stringify({ next: iso(next) })}\n`
}

function lineOf(row: JoinedRow, isGone: boolean) {
  const { camera, captured_at, outcome, label, state, model, latency_ms } = row
  const judged = state !== null && model !== null && latency_ms !== null
  return {
    file: isGone ? null : fileOf(captured_at),
    frame: `${camera}/${captured_at}`,
    capturedAt: iso(captured_at),
    outcome,
    label,
    result: judged ? shownResult({ ...row, state, model, latency_ms }) : null,
  }
}

function fileOf(at: number): string {
  return `${nameOfTime(at)}.jpg`
}
