import { setTimeout as sleep } from 'node:timers/promises'
import { untilWritten } from '../../database/until-written.ts'
import type { Sources } from '../../devices/sources.ts'
import { badRequest, conflict, HttpError, notFound } from '../../http/errors.ts'
import type { Log } from '../../logging/levels.ts'
import type { Labels } from '../labels/labels.ts'
import { type Asked, type Hold, type HoldEnd, newHold } from './hold.ts'

export interface HoldsPorts {
  sources: Sources
  labels: Pick<Labels, 'put'>
  log: Pick<Log, 'warn'>
  /** Milliseconds UTC. */
  now?(): number
  /** So long nothing may come of a sensor that is held, milliseconds. */
  silenceMs?: number
}

/** A reading of a source, as the pipeline tells of it. */
interface Stored {
  /** The source's id. */
  camera: string
  capturedAt: number
}

/** A hold with what is not labelled yet, and what is: so that it can be taken back. */
interface Running {
  hold: Hold
  /** Of the sensor: one that has its name later is another one. */
  createdAt: number
  /** Nothing more is taken; `hold.endedBy` says so when all that was taken is labelled. */
  ending: HoldEnd | null
  waiting: number[]
  /** Readings that have the label, or are about to. */
  taken: number
  labelled: number[]
  timers: { end: NodeJS.Timeout; silence: NodeJS.Timeout }
  /** Writes labels until none wait. */
  writing: Promise<void> | null
}

const SILENCE_MS = 15_000
/** Labels of so long go into one transaction. */
const GATHER_MS = 250
const BATCH = 500
/** A clock may be wrong by so much before what was measured before the hold is taken for its own; more would take the state before. */
const CLOCKS_MS = 1000
/** Holds are remembered so that their labels can be taken back, of so many sensors. */
const MOST_REMEMBERED = 256

/**
 * Guided collection: while somebody holds the door at a state, every reading of its sensor that is stored gets that label.
 * One hold for each sensor at a time. What is labelled stays when the server ends; the hold itself is over then.
 */
export class Holds {
  readonly #ports: Required<HoldsPorts>
  /** The newest hold of each source, whether it runs or is over. */
  readonly #holds = new Map<string, Running>()
  #closing = false

  constructor(ports: HoldsPorts) {
    this.#ports = { now: () => Date.now(), silenceMs: SILENCE_MS, ...ports }
  }

  /**
   * Begins to label what is stored from now on. Labels of the hold before may still be on their way.
   * @throws HttpError 400 `unknown_state`, 404, 409 `hold_runs`
   */
  begin(id: string, asked: Asked): Hold {
    const source = this.#ports.sources.get(id)
    if (source.kind !== 'sensor') throw notFound(`the sensor ${id}`)
    const { states } = this.#ports.sources.judged(id)
    if (!states.includes(asked.state)) {
      const known = states.join(', ') || `none yet: set those of ${source.follows ?? id} first`
      throw badRequest('unknown_state', `${id} has no state ${asked.state}; its states are ${known}`, 'state')
    }
    const before = this.#newestOf(id)
    if (before?.ending === null)
      throw conflict(
        'hold_runs',
        `${before.hold.author} holds ${before.hold.state} at ${id} now: stop that, or wait for its end`,
      )
    const hold = newHold(id, asked, this.#ports.now())
    const running: Running = {
      hold,
      createdAt: source.createdAt,
      ending: null,
      ...{ waiting: [], taken: 0, labelled: [] },
      timers: {
        end: setTimeout(() => this.#end(running, 'time'), hold.endsAt - hold.startedAt),
        silence: setTimeout(() => this.#end(running, 'silence'), this.#ports.silenceMs),
      },
      writing: null,
    }
    this.#holds.delete(id) // the newest stands last
    this.#holds.set(id, running)
    this.#forgetOld()
    return hold
  }

  /** The newest hold of a sensor, also where it is over; null where none is remembered. */
  of(id: string): Hold | null {
    return this.#newestOf(this.#ports.sources.get(id).id)?.hold ?? null
  }

  /**
   * Ends the hold of a sensor, if it runs, and waits for its labels.
   * @param takeBack removes all that it labelled
   * @throws HttpError 404 where none is remembered
   */
  async stop(id: string, { takeBack = false } = {}): Promise<Hold> {
    const running = this.#newestOf(this.#ports.sources.get(id).id)
    if (!running) throw notFound(`a hold of ${id} since the start of the server`)
    this.#end(running, 'stopped')
    await running.writing
    if (takeBack) await this.#takeBack(running)
    return running.hold
  }

  /** Told of every reading of a source, when it is durable. */
  stored({ camera, capturedAt }: Stored) {
    const running = this.#newestOf(camera)
    if (!running || running.ending !== null) return
    running.timers.silence.refresh()
    const { hold } = running
    if (capturedAt < hold.startedAt - CLOCKS_MS) {
      const seconds = Math.round((hold.startedAt - capturedAt) / 1000)
      return refuse(hold, 1, `it was measured ${seconds} s before the hold: it was kept back, or that clock is slow`)
    }
    running.waiting.push(capturedAt)
    running.taken += 1
    if (running.taken >= hold.readings) this.#end(running, 'count')
    running.writing ??= this.#write(running)
  }

  /** Told of a reading of a source that was refused at the door. */
  refused(camera: string) {
    const running = this.#newestOf(camera)
    if (!running || running.ending !== null) return
    refuse(running.hold, 1, 'it was refused at the door: it has another length, or is no list of finite numbers')
  }

  /** Ends all holds; what came before has its label then. */
  async close() {
    this.#closing = true
    for (const running of this.#holds.values()) this.#end(running, 'closed')
    await Promise.all([...this.#holds.values()].map(({ writing }) => writing))
  }

  /** That of the sensor which has this name now: a hold of one that was removed is over, and labels nothing of the next. */
  #newestOf(id: string): Running | null {
    const running = this.#holds.get(id)
    if (!running) return null
    if (this.#ports.sources.find(id)?.createdAt === running.createdAt) return running
    this.#end(running, 'fault')
    this.#holds.delete(id)
    return null
  }

  #end(running: Running, by: HoldEnd) {
    const { hold, timers, waiting, writing } = running
    if (running.ending !== null) return
    for (const timer of Object.values(timers)) clearTimeout(timer)
    running.ending = by
    hold.endedAt = this.#ports.now()
    if (waiting.length === 0 && writing === null) hold.endedBy = by
  }

  /** What comes meanwhile goes with it. Never rejects. */
  async #write(running: Running) {
    while (running.waiting.length > 0) {
      if (running.ending === null) await sleep(GATHER_MS)
      await this.#label(running, running.waiting.splice(0, BATCH))
    }
    running.writing = null
    running.hold.endedBy = running.ending
  }

  /** All at once; where one of them cannot be labelled, one by one. */
  async #label(running: Running, times: number[]): Promise<void> {
    const { hold, labelled } = running
    try {
      await this.#put(hold, times, hold.state)
      labelled.push(...times)
      hold.got += times.length
    } catch (error) {
      if (times.length > 1 && error instanceof HttpError && error.status === 404) {
        for (const time of times) await this.#label(running, [time])
        return
      }
      running.taken -= times.length
      refuse(hold, times.length, (error as Error).message)
      if (error instanceof HttpError && error.status === 404) return
      // The state was taken away meanwhile, the sensor is being deleted: the next would end alike.
      this.#end(running, 'fault')
      this.#ports.log.warn({ source: hold.source, err: error }, 'a hold ended, for its readings cannot be labelled')
    }
  }

  #put({ source, author }: Hold, times: number[], state: string | null): Promise<void> {
    const put = () =>
      this.#ports.labels.put(
        times.map((time) => ({ frame: `${source}/${time}`, state })),
        author,
      )
    return this.#closing ? put() : untilWritten(put)
  }

  async #takeBack({ hold, labelled }: Running) {
    while (labelled.length > 0) {
      const batch = labelled.slice(-BATCH)
      await this.#put(hold, batch, null)
      labelled.splice(-batch.length)
      hold.got -= batch.length
    }
  }

  #forgetOld() {
    for (const [id, { ending, writing }] of this.#holds) {
      if (this.#holds.size <= MOST_REMEMBERED) return
      if (ending !== null && writing === null) this.#holds.delete(id)
    }
  }
}

function refuse(hold: Hold, count: number, reason: string) {
  hold.refused += count
  hold.reason = reason
}
