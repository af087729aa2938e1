import type { Model, VectorDetails } from '@ajar/models'
import { cameraId } from '@ajar/protocol'
import type { StateDatabase } from '../database/state-database.ts'
import type { Source } from '../devices/sources.ts'
import { LEADER, RSSI, senderAt } from './senders.ts'

export interface PredictionsPorts {
  database: StateDatabase
  find(source: string): Source | null
  /** @throws where it cannot be read */
  model(id: string): Promise<Model>
}

/** Names of the estimators by the letter that older clients know them by: magnitude and phase; and of both together. */
const ESTIMATORS = { _M: 'amplitude', _P: 'phase', '': 'fused' } as const

/** What the model of packets says, in the words of older clients. */
export class Predictions {
  readonly #ports: PredictionsPorts
  /** Of the models that were asked for last: none ever changes, and their files are long. */
  #tested: { model: string; text: Promise<string | null> } | null = null

  constructor(ports: PredictionsPorts) {
    this.#ports = ports
  }

  /** From the rows, so that it is known after a restart, too. */
  async newestFor(address: string): Promise<string | null> {
    const own = cameraId(senderAt(address))
    const sender = this.#ports.find(own) ? own : await this.#newestSender()
    if (sender === null) return null
    const row = await this.#ports.database.read
      .selectFrom('results')
      .select('details_json')
      .where('camera', '=', sender)
      .orderBy('captured_at', 'desc')
      .limit(1)
      .executeTakeFirst()
    // Null where the newest came when there was no model.
    return row?.details_json ? inOlderWords('', [JSON.parse(row.details_json)]) : null
  }

  /** @returns what the newest model said of the readings that it did not learn from, as far as it is kept */
  ofTest(): Promise<string | null> {
    const ids = [LEADER, RSSI].flatMap((source) => this.#ports.find(source)?.activeModel ?? [])
    const model = ids.join()
    if (this.#tested?.model !== model) {
      const text = this.#read(ids)
      this.#tested = { model, text }
      text.catch(() => {
        this.#tested = null
      })
    }
    return this.#tested.text
  }

  async #read(ids: string[]): Promise<string | null> {
    const models = await Promise.all(ids.map((id) => this.#ports.model(id)))
    const { testSet = [] } = models.sort((a, b) => b.createdAtMs - a.createdAtMs)[0] ?? {}
    const said = testSet.flatMap(({ details }) => details ?? [])
    return said.length === 0 ? null : inOlderWords('TEST_', said)
  }

  async #newestSender(): Promise<string | null> {
    const row = await this.#ports.database.read
      .selectFrom('cameras as c')
      .select(({ selectFrom }) => [
        'c.id',
        selectFrom('results as r')
          .select(({ fn }) => fn.max('r.captured_at').as('at'))
          .whereRef('r.camera', '=', 'c.id')
          .as('at'),
      ])
      .where('c.follows', '=', LEADER)
      .orderBy('at', 'desc')
      .limit(1)
      .executeTakeFirst()
    return row && row.at !== null ? row.id : null
  }
}

/** Lists, for each reading one: the state, which is an angle, and the probabilities of all of them. */
function inOlderWords(prefix: string, details: VectorDetails[]): string {
  const words: Record<string, unknown[]> = {}
  for (const [letter, name] of Object.entries(ESTIMATORS)) {
    // Where readings have one part only, as those of RSSI, it is all that there is.
    const said = details.flatMap(({ estimators }) => estimators[name] ?? Object.values(estimators).at(-1) ?? [])
    words[`${prefix}PREDICTION${letter}`] = said.map(({ state }) => (/^\d+$/.test(state) ? Number(state) : state))
    words[`${prefix}PREDICTION${letter}_CLASS`] = said.map(({ probabilities }) => probabilities)
  }
  words[`${prefix}EXPECTED`] = details.map(({ expected }) => expected)
  return JSON.stringify(words).replaceAll('<', '\\u003c')
}
