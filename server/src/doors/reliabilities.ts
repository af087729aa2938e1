import type { TestFrame } from '@ajar/models'
import type { StateDatabase } from '../database/state-database.ts'
import type { Sources } from '../devices/sources.ts'
import { InTurn } from '../in-turn.ts'
import type { Log } from '../logging/levels.ts'
import type { Member } from './door.ts'
import { labelsMark, measure } from './measure.ts'
import { type Reliability, unmeasured } from './reliability.ts'

export interface ReliabilitiesPorts {
  database: StateDatabase
  sources: Pick<Sources, 'find'>
  /** A model as far as it tells how good it is. @throws where it cannot be read */
  modelOf(id: string): Promise<{ createdAtMs: number; testSet: TestFrame[] }>
  log: Pick<Log, 'warn'>
}

interface Known {
  reliability: Reliability
  /** What it was measured by; measured again when this is another one. */
  mark: string
  measuredAt: number
}

/** How often members disagree changes without a label: it is looked at again after so long. */
const AGAIN_MS = 600_000

/** The reliability of each member of each door, measured when its model or its labels are others, one at a time. */
export class Reliabilities {
  readonly #ports: ReliabilitiesPorts
  readonly #known = new Map<string, Known>()
  readonly #measuring = new InTurn(1)

  constructor(ports: ReliabilitiesPorts) {
    this.#ports = ports
  }

  /** As it was measured last: at once, from memory. */
  of(door: string, source: string, states: string[]): Reliability {
    const known = this.#known.get(`${door} ${source}`)?.reliability
    // Of a door whose states have just been changed nothing is known yet.
    return known && sameNames(known.states, states) ? known : unmeasured(states)
  }

  /** Measures the members of a door again where there is a reason to. */
  async refresh(door: string, states: string[], members: Member[]): Promise<void> {
    await this.#measuring.run(async () => {
      for (const member of members) await this.#refresh(door, states, member)
    })
  }

  forget(door: string, stay: Member[] = []) {
    const stays = new Set(stay.map(({ source }) => `${door} ${source}`))
    for (const key of this.#known.keys()) if (key.startsWith(`${door} `) && !stays.has(key)) this.#known.delete(key)
  }

  async #refresh(door: string, states: string[], member: Member) {
    const { sources, modelOf, database, log } = this.#ports
    const key = `${door} ${member.source}`
    const model = modelAsked(sources, member.source)
    if (model === null) return void this.#known.delete(key)
    const before = this.#known.get(key)
    try {
      const { createdAtMs, testSet } = await this.#modelOf(model, modelOf)
      const labels = await labelsMark(database.read, member.source, createdAtMs)
      const mark = JSON.stringify([model, states, member.states, labels])
      const now = performance.now()
      if (before?.mark === mark && now - before.measuredAt < AGAIN_MS) return
      const of = { id: model, createdAt: createdAtMs, testSet }
      const reliability = await measure(database.read, { door, states, member, model: of })
      this.#known.set(key, { reliability, mark, measuredAt: now })
    } catch (error) {
      // Its model cannot be read, so it says nothing either; or the disk is slow: as it was before.
      log.warn({ door, member: member.source, why: (error as Error).message }, 'a member of a door was not measured')
    }
  }

  /** The last ones that were read: models never change. */
  readonly #models = new Map<string, { createdAtMs: number; testSet: TestFrame[] }>()

  async #modelOf(id: string, read: ReliabilitiesPorts['modelOf']) {
    const known = this.#models.get(id)
    if (known) return known
    const { createdAtMs, testSet } = await read(id)
    this.#models.set(id, { createdAtMs, testSet })
    for (const old of this.#models.keys()) if (this.#models.size > MOST_MODELS) this.#models.delete(old)
    return { createdAtMs, testSet }
  }
}

const MOST_MODELS = 32

/** The model that a source is asked with: its own, or that of the one it follows. */
export function modelAsked(sources: Pick<Sources, 'find'>, source: string): string | null {
  const own = sources.find(source)
  return (own?.follows ? sources.find(own.follows) : own)?.activeModel ?? null
}

function sameNames(some: string[], others: string[]): boolean {
  return some.length === others.length && some.every((name, i) => name === others[i])
}
