import { setImmediate as nextTurn } from 'node:timers/promises'
import { type InfluxConnection, InfluxError } from './connection.ts'
import { lineOf } from './line-protocol.ts'
import type { Point } from './points.ts'

/** Far below the 25 MB that InfluxDB takes at once, and the 1 MB at which proxies begin to refuse. */
const MOST_BYTES = 768 * 1024
const MOST_LINES = 5000
/** Written down in one go: whatever else the process does waits as long. */
const LINES_AT_ONCE = 250

/** Which points InfluxDB never takes: the others are there. */
export interface Refused {
  points: number
  /** So many more are older than it keeps points. */
  tooOld: number
  /** What it says of the last ones. */
  why: string | null
}

interface Line {
  measurement: string
  text: string
}

interface To {
  policy: string | null
  signal?: AbortSignal | undefined
}

/** Writes points so that each is taken or known to be refused, however InfluxDB answers for many at once. */
export class Writer {
  readonly #connection: InfluxConnection
  readonly #onMade: () => Promise<void>

  /** @param onMade told before a missing database is made: nothing that was written before is there */
  constructor(connection: InfluxConnection, onMade: () => Promise<void>) {
    this.#connection = connection
    this.#onMade = onMade
  }

  /** @param policy the retention policy; null: the database's default @throws InfluxError: ask again, with all of them */
  async write(points: Point[], policy: string | null = null, signal?: AbortSignal): Promise<Refused> {
    const refused: Refused = { points: 0, tooOld: 0, why: null }
    const lines: Line[] = []
    for (const [i, point] of points.entries()) {
      if (i % LINES_AT_ONCE === LINES_AT_ONCE - 1) await nextTurn()
      const text = lineOf(point)
      if (text !== null) lines.push({ measurement: point.measurement, text })
      else note(refused, 1, `a point of ${point.measurement} has no field`)
    }
    for (const batch of batchesOf(lines)) await this.#writeBatch(batch, { policy, signal }, refused)
    return refused
  }

  /** Whether InfluxDB would take points. @throws InfluxError */
  async probe() {
    try {
      await this.#send([], { policy: null })
    } catch (error) {
      // 2.x wants a point; it looks at who asks, and for what, before.
      if (!(error instanceof InfluxError && error.status === 400 && error.said !== null)) throw error
    }
  }

  /**
   * An answer that refuses some points says nothing certain of the others of the batch: InfluxDB writes its shards side by
   * side and answers as soon as one refuses. So they are written again, in ever smaller parts, until each part is taken or
   * refused as a whole. Points that are too old are the exception: that is said when all others are written.
   */
  async #writeBatch(batch: Line[], to: To, refused: Refused) {
    const parts = [batch]
    for (let part = parts.pop(); part; part = parts.pop()) {
      try {
        await this.#send(part, to)
      } catch (error) {
        const refusal = refusalOf(error)
        if (!refusal) throw error
        const { dropped, isAge, why } = refusal
        if (isAge) refused.tooOld += dropped ?? part.length
        else if (part.length === 1 || dropped === part.length) note(refused, part.length, why)
        else parts.push(...split(part))
      }
    }
  }

  async #send(lines: Line[], { policy, signal }: To) {
    const texts = lines.map(({ text }) => text)
    try {
      await this.#connection.write(texts, policy, signal)
    } catch (error) {
      if (!(error instanceof InfluxError && error.status === 404)) throw error
      if (this.#connection.hasBuckets) throw noBucket(this.#connection.database, policy, error)
      if (!/^database not found/.test(error.said ?? '')) throw error
      // It is not made beforehand: whoever may write into it may not be allowed to make it.
      await this.#onMade()
      await this.#make(error)
      await this.#connection.write(texts, policy, signal)
    }
  }

  async #make({ message, status }: InfluxError) {
    const statement = `CREATE DATABASE ${quoted(this.#connection.database)}`
    try {
      await this.#connection.run(statement)
    } catch (error) {
      const why = (error as Error).message
      throw new InfluxError(`${message}; make it, as it cannot be made from here: ${statement} (${why})`, { status })
    }
  }
}

/** A name as InfluxQL reads it. */
export function quoted(name: string): string {
  return `"${name.replace(/["\\]/g, '\\$&')}"`
}

function noBucket(database: string, policy: string | null, { message, status }: InfluxError) {
  const bucket = policy === null ? database : `${database}/${policy}`
  return new InfluxError(`${message}; InfluxDB 2 writes into buckets: make one that is named ${bucket}`, { status })
}

function note(refused: Refused, points: number, why: string) {
  refused.points += points
  refused.why = why
}

/**
 * Null where the points are not at fault: what refuses them is away, does not know us, or is not InfluxDB at all, as a port
 * that speaks TLS.
 */
function refusalOf(error: unknown): { dropped: number | null; isAge: boolean; why: string } | null {
  if (!(error instanceof InfluxError)) return null
  const { status, said, message } = error
  if (status === 413) return { dropped: null, isAge: false, why: message }
  if ((status !== 400 && status !== 422) || said === null) return null
  const dropped = /\bdropped=(\d+)/.exec(said)?.[1]
  return {
    dropped: dropped === undefined ? null : Number(dropped),
    isAge: /points beyond retention policy/.test(said),
    why: message,
  }
}

/** By measurement first, since a field of another type is one of a measurement, then in halves. */
function split(lines: Line[]): Line[][] {
  const kinds = Map.groupBy(lines, ({ measurement }) => measurement)
  if (kinds.size > 1) return [...kinds.values()]
  const half = Math.ceil(lines.length / 2)
  return [lines.slice(0, half), lines.slice(half)]
}

function* batchesOf(lines: Line[]): Generator<Line[]> {
  let batch: Line[] = []
  let bytes = 0
  for (const line of lines) {
    const size = Buffer.byteLength(line.text) + 1
    if (batch.length === MOST_LINES || (batch.length > 0 && bytes + size > MOST_BYTES)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(line)
    bytes += size
  }
  if (batch.length > 0) yield batch
}
