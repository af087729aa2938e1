import type { ResultsTable } from '../src/database/schema.ts'
import type { StateDatabase } from '../src/database/state-database.ts'
import { InTurn } from '../src/in-turn.ts'
import { Backfill, type BackfillPorts } from '../src/record/influx/backfill.ts'
import { InfluxConnection } from '../src/record/influx/connection.ts'
import { Policies } from '../src/record/influx/policies.ts'
import { Rollups } from '../src/record/influx/rollups.ts'
import { InfluxSink, type InfluxSinkPorts } from '../src/record/influx/sink.ts'
import { Targets } from '../src/record/influx/targets.ts'
import { type Refused, Writer } from '../src/record/influx/writer.ts'
import type { Undo } from './temporary-folder.ts'

/** What writes into one InfluxDB, as the server puts it together, with a clock that is set by hand. */
export class InfluxParts {
  readonly connection: InfluxConnection
  readonly targets: Targets
  readonly writer: Writer
  readonly requests = new InTurn(1)
  readonly refused: Refused[] = []
  readonly trouble: (string | null)[] = []
  readonly lines: string[] = []
  now = Date.now()
  dropped = 0
  made = 0
  readonly #database: StateDatabase

  constructor(database: StateDatabase, url: string, access: { token?: string; requestMs?: number } = {}) {
    this.#database = database
    this.connection = new InfluxConnection({ token: null, ...access, url: new URL(url) })
    this.targets = new Targets(database, () => this.now)
    this.writer = new Writer(this.connection, async () => {
      this.made += 1
      await this.targets.lostAll(this.connection.target)
    })
  }

  get target() {
    return this.connection.target
  }

  /** @param undo ends it */
  startSink(undo: Undo, more: Partial<InfluxSinkPorts> = {}): InfluxSink {
    const sink = new InfluxSink({
      ...this.#shared(),
      onTrouble: (why) => this.trouble.push(why),
      onDropped: (points) => {
        this.dropped += points
      },
      ...more,
    })
    sink.start()
    undo(async () => {
      this.connection.close()
      await sink.close()
    })
    return sink
  }

  backfill(more: Partial<BackfillPorts> = {}): Backfill {
    const bytesOf: BackfillPorts['bytesOf'] = async (frames) => frames.map(() => null)
    return new Backfill({ ...this.#shared(), bytesOf, waiting: async () => 0, keptMs: () => null, ...more })
  }

  /** What a job is told. */
  told(signal = new AbortController().signal, report: (phase: string, progress: number) => void = () => {}) {
    return { signal, report, log: (_: string, text: string) => void this.lines.push(text) }
  }

  rollups(policies = new Policies(this.connection, null)): Rollups {
    return new Rollups({ ...this.#shared(), connection: this.connection, policies })
  }

  row() {
    return this.targets.row(this.target)
  }

  #shared() {
    const { target, targets, writer, requests } = this
    return {
      ...{ database: this.#database, target, targets, writer, requests },
      onRefused: (refused: Refused) => void this.refused.push(refused),
      now: () => this.now,
    }
  }
}

/** Results as a release that knew no InfluxDB may have left them, a second apart. */
export async function addResults(database: StateDatabase, camera: string, from: number, count: number) {
  const AT_ONCE = 1000
  for (let done = 0; done < count; done += AT_ONCE) {
    const rows = Array.from({ length: Math.min(AT_ONCE, count - done) }, (_, i): ResultsTable => {
      const state = (done + i) % 3 === 0 ? 'open' : 'closed'
      const said = {
        state,
        best: state,
        confidence: 0.9,
        probabilities_json: '{"closed":0.1,"open":0.9}',
        reason: null,
      }
      const more = { latency_ms: 5, late: 0, novelty: null, signature: null, details_json: null } as const
      return { camera, captured_at: from + (done + i) * 1000, model: `${camera}@1`, ...said, ...more }
    })
    await database.write.insertInto('results').values(rows).execute()
  }
}
