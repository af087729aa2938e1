import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { median, startBenchServer } from './peers.ts'

const ROUNDS = 7
const SECONDS = 2
const CAMERAS = 10

/**
 * Results/s that SQLite records in transactions as the recorder writes them (frame, result, state, event), with the
 * trigger that rolls them up and without it, in turn.
 */
export async function triggerCost() {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-rollups-'))
  try {
    const server = await startBenchServer({ AJAR_DATA_DIR: folder })
    server.process.kill('SIGTERM')
    await server.process.ended
    await server.close()
    const database = new DatabaseSync(join(folder, 'state.db'))
    database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on')
    const trigger = String(database.prepare(`select sql from sqlite_schema where name = 'results_roll_up'`).get()?.sql)
    console.log(`recording, ${ROUNDS} x ${SECONDS} s each, alternating, medians`)
    const recording = new Recording(database)
    for (const batch of [1, 128]) {
      const without: Rate[] = []
      const rolledUp: Rate[] = []
      for (let round = 0; round < ROUNDS; round++) {
        database.exec('drop trigger results_roll_up')
        without.push(recording.perSecond(batch))
        database.exec(trigger)
        rolledUp.push(recording.perSecond(batch))
      }
      const middle = (rates: Rate[], of: keyof Rate) => median(rates.map((rate) => rate[of]))
      const [plain, rolled] = [middle(without, 'perSecond'), middle(rolledUp, 'perSecond')]
      const [before, after] = [middle(without, 'processorUs'), middle(rolledUp, 'processorUs')]
      console.log(
        `transactions of ${batch}: ${plain.toFixed(0)} results/s, with rollups ${rolled.toFixed(0)}, ratio ${(rolled / plain).toFixed(2)}; ` +
          `processor time ${before.toFixed(0)} and ${after.toFixed(0)} µs a result`,
      )
    }
    database.close()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Rate {
  perSecond: number
  /** Of a result. */
  processorUs: number
}

class Recording {
  readonly #database: DatabaseSync
  readonly #statements
  #recorded = 0
  readonly #begin = Date.now()

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#statements = {
      frame: database.prepare(
        `insert into frames values (?, ?, 1, 1, 1, 1, 100000, zeroblob(32), 'classified', null, 0)`,
      ),
      result: database.prepare(`insert into results values (?, ?, 'pi/cam@1', ?, ?, ?,
        '{"closed":0.12345678,"open":0.87654321}', null, 12.5, 0, 0.01, zeroblob(32))`),
      event: database.prepare(`insert into events (at, kind, data_json) values (1, 'result',
        '{"frame":"bench-pi/door/1234567890123","camera":"bench-pi/door","state":"closed","confidence":0.9}')`),
      state: database.prepare(`replace into camera_states values (?, 'closed', null, 0.9, 1, 1, 'pi/cam@1', 'closed', 3,
        1, 0, ?, null, 1)`),
    }
  }

  /** A frame a second of each camera. */
  perSecond(batch: number): Rate {
    const startedAt = performance.now()
    const processor = process.cpuUsage()
    const { frame, result, event, state } = this.#statements
    const before = this.#recorded
    while (performance.now() < startedAt + SECONDS * 1000) {
      this.#database.exec('begin immediate')
      for (let i = 0; i < batch; i++) {
        this.#recorded += 1
        const camera = `pi/cam-${this.#recorded % CAMERAS}`
        const at = this.#begin + Math.floor(this.#recorded / CAMERAS) * 1000
        const said = this.#recorded % 200 < 20 ? 'open' : 'closed'
        frame.run(camera, at)
        result.run(camera, at, said, said, 0.8 + (this.#recorded % 1000) / 5000)
        event.run()
        state.run(camera, at)
      }
      this.#database.exec('commit')
    }
    const { user, system } = process.cpuUsage(processor)
    const recorded = this.#recorded - before
    return { perSecond: recorded / ((performance.now() - startedAt) / 1000), processorUs: (user + system) / recorded }
  }
}
