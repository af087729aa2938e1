import { summariseLabels, type Usability } from '@ajar/models'
import type { Source, Sources } from '../../devices/sources.ts'
import { badRequest, conflict, HttpError } from '../../http/errors.ts'
import { InTurn } from '../../in-turn.ts'
import type { Work } from '../../jobs/worker/messages.ts'
import type { Labels } from '../labels/labels.ts'
import { frameOf, planOf } from '../plan.ts'
import type { UsabilityTask } from './usability-task.ts'

export interface UsabilitiesPorts {
  sources: Pick<Sources, 'get'>
  labels: Pick<Labels, 'of'>
  /** Has work done by the job worker. */
  perform(work: Work, signal: AbortSignal): Promise<unknown>
  framesFolder: string
}

/** What is said of a sensor's states, and by how many labelled readings. */
export interface ToldUsability extends Usability {
  states: string[]
  perState: Record<string, number>
}

/** So many ask at once; each waits for those before. */
const MOST_WAITING = 8
/** Of twenty thousand readings of a thousand numbers it takes a part of it. */
const TIME_LIMIT_MS = 60_000
/** What was said of so many sensors is remembered. */
const MOST_KNOWN = 64

/**
 * Whether the states of a sensor can be told apart by what is labelled, before any training: asked again and again while
 * somebody collects readings, so it is no job, and what nothing has changed of is not computed again.
 */
export class Usabilities {
  readonly #ports: UsabilitiesPorts
  readonly #turn = new InTurn(1)
  readonly #known = new Map<string, { inputs: string; told: ToldUsability }>()
  #waiting = 0

  constructor(ports: UsabilitiesPorts) {
    this.#ports = ports
  }

  /** @throws HttpError 400 `too_few_states`; 404; 409 `follows`, `no_readings`; 503 `busy`; 504 `timeout` */
  async of(id: string): Promise<ToldUsability> {
    if (this.#waiting >= MOST_WAITING) throw new HttpError(503, 'busy', 'others ask the same: ask again in a moment')
    this.#waiting += 1
    try {
      return await this.#turn.run(() => this.#of(id))
    } finally {
      this.#waiting -= 1
    }
  }

  async #of(id: string): Promise<ToldUsability> {
    const source = this.#ports.sources.get(id)
    const { states, vector: view, follows } = source
    if (follows) throw conflict('follows', `${id} is told by the model of ${follows}: ask for that`)
    if (states.length < 2) throw badRequest('too_few_states', `${id} needs at least two states: set them with PATCH`)
    if (!view) throw conflict('no_readings', `${id} has had no reading yet: nobody knows how long they are`)
    const { frames } = planOf(
      source,
      { labels: await this.#ports.labels.of(id), marked: new Set(), active: null },
      {},
      '',
    )
    const labels = summariseLabels(frames.map((frame) => ({ frame: frameOf(frame), state: frame.state })))
    const inputs = JSON.stringify([view, states, labels.digest])
    const before = this.#known.get(id)
    if (before?.inputs === inputs) return before.told
    const usability = await this.#compare(source, { ...{ view, states }, count: frames.length }, frames)
    const perState = Object.fromEntries(states.map((state) => [state, labels.perState[state] ?? 0]))
    const told = { ...usability, states, perState }
    this.#known.delete(id)
    if (this.#known.size >= MOST_KNOWN) this.#known.delete(this.#known.keys().next().value ?? '')
    this.#known.set(id, { inputs, told })
    return told
  }

  async #compare({ id }: Source, task: Omit<UsabilityTask, 'framesFolder'>, frames: object[]): Promise<Usability> {
    const { perform, framesFolder } = this.#ports
    const inputs = (async function* () {
      yield* frames
    })()
    const params: UsabilityTask = { ...task, framesFolder }
    const signal = AbortSignal.timeout(TIME_LIMIT_MS)
    try {
      const work = { task: 'usability', params, inputs, limitMs: TIME_LIMIT_MS, onMessage: async () => {} }
      return (await perform(work, signal)) as Usability
    } catch (error) {
      const { code, message } = error as Error & { code?: string }
      if (signal.aborted || code === 'timeout')
        throw new HttpError(504, 'timeout', `the states of ${id} could not be compared within a minute: ask again`)
      if (code === 'worker_lost')
        throw new HttpError(503, 'busy', `the job worker is away (${message}): ask again in a moment`)
      throw error
    }
  }
}
