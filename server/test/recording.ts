import { sql } from 'kysely'
import type { Classified } from '../src/classify/classifier.ts'
import { Events } from '../src/database/events.ts'
import type { EventRow, StateTables } from '../src/database/schema.ts'
import { openStateDatabase, type StateDatabase } from '../src/database/state-database.ts'
import type { Transition } from '../src/record/debounce.ts'
import { Recorder } from '../src/record/recorder.ts'
import type { RecorderPorts } from '../src/record/recorder-ports.ts'
import { temporaryFolder, type Undo } from './temporary-folder.ts'

export const CAMERA = 'pi/cam'

/** A recorder on a real database, with a clock that is set by hand, and all that it told. */
export class Recording {
  readonly database: StateDatabase
  readonly recorder: Recorder
  /** Milliseconds UTC. */
  now = 1_000_000
  connected = true
  debounce = 3
  staleAfterMs = 60_000
  readonly finished: string[] = []
  readonly published: { topic: string; payload: object | null }[] = []
  readonly transitions: Transition[] = []
  readonly held: (string | null)[] = []
  readonly faults: string[] = []
  readonly events: EventRow[] = []

  private constructor(database: StateDatabase, more: Partial<RecorderPorts>) {
    const events = new Events()
    events.subscribe((rows) => this.events.push(...rows))
    this.database = database
    this.recorder = new Recorder({
      database,
      events,
      now: () => this.now,
      camera: (id) => this.#camera(id),
      finish: (frames) => this.finished.push(...frames.map(({ camera, capturedAt }) => `${camera}/${capturedAt}`)),
      publish: (topic, payload) => this.published.push({ topic, payload }),
      influx: true,
      onTransition: (_, transition) => this.transitions.push(transition),
      onRecorded: () => {},
      onHeld: (why) => this.held.push(why),
      onFault: (what) => this.faults.push(what),
      isConnected: () => this.connected,
      isBusy: () => false,
      ...more,
    })
  }

  static async start(undo: Undo, more: Partial<RecorderPorts> = {}, folder?: string): Promise<Recording> {
    const database = await openStateDatabase(folder ?? (await temporaryFolder(undo)))
    const recording = new Recording(database, more)
    await recording.recorder.start()
    undo(async () => {
      await recording.recorder.close()
      await database.close()
    })
    return recording
  }

  /** Frames of these times and states, as one batch. */
  see(frames: [time: number, state: string][]): Promise<unknown> {
    return Promise.all(frames.map(([time, state]) => this.recorder.record(classified(time, state))))
  }

  /** state.db may not grow while `full`. */
  async fill(full: boolean) {
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(this.database.write)
    const pages = full ? (rows[0]?.page_count ?? 0) : 1_000_000
    await sql`pragma max_page_count = ${sql.lit(pages)}`.execute(this.database.write)
  }

  get state() {
    return this.recorder.state(CAMERA)
  }

  /** The camera's transitions as rows, by time: `at:from>to`. */
  async history(): Promise<string[]> {
    const rows = await this.database.read.selectFrom('transitions').selectAll().orderBy('at').execute()
    return rows.map(({ at, from_state, to_state }) => `${at}:${from_state}>${to_state}`)
  }

  /** How many rows a table holds. */
  async count(table: keyof StateTables): Promise<number> {
    const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`.execute(
      this.database.read,
    )
    return rows[0]?.count ?? 0
  }

  #camera(id: string) {
    const [device = '', name = ''] = id.split('/')
    const { debounce, staleAfterMs } = this
    const settings = {
      states: ['A', 'B'],
      threshold: 0.8,
      debounce,
      staleAfterMs,
      region: null,
      masks: [],
      vector: null,
    }
    return {
      ...settings,
      id,
      kind: 'camera' as const,
      device,
      name,
      follows: null,
      activeModel: `${id}@1`,
      createdAt: 0,
    }
  }
}

/** What the classifier hands on of one frame; `unknown` is a prediction below the threshold. */
export function classified(capturedAt: number, state: string): Classified {
  const sure = state !== 'unknown'
  const said = { state: sure ? state : 'A', confidence: sure ? 0.95 : 0.4, probabilities: { A: 1 } }
  const prediction = { ...said, unlike: null, novelty: 0.01, signature: new Uint8Array(32), details: null }
  return {
    frame: {
      camera: CAMERA,
      capturedAt,
      receivedAt: capturedAt,
      storedAt: capturedAt,
      size: 10,
      sha256: new Uint8Array(32),
      file: 'a.db',
      row: capturedAt,
    },
    model: { id: `${CAMERA}@1`, folder: '' },
    answer: { kind: 'predicted', prediction, latencyMs: 5 } as Classified['answer'],
    classifiedAt: capturedAt + 20,
  }
}
