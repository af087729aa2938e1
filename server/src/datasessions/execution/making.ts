import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Span } from '../../database/camera-rows.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { JobContext } from '../../jobs/handlers.ts'
import type { Work } from '../../jobs/worker/messages.ts'
import { removeFolder } from '../../remove-folder.ts'
import type { CameraThen, InputFile } from '../operation.ts'
import { type FrameTimes, framesBehind, touches } from './frame-times.ts'
import { NO_ROOM, noRoom } from './outputs.ts'
import {
  FILES_AT_ONCE,
  type Made,
  type OperationProgress,
  type OperationTask,
  type SomeFiles,
} from './perform-messages.ts'
import type { Results } from './results.ts'
import type { Room } from './room.ts'
import type { Waiting } from './waiting.ts'

export interface MakingPorts {
  database: StateDatabase
  results: Pick<Results, 'keep'>
  room: Pick<Room, 'left' | 'reserve'>
  /** Has work done by a job worker. */
  perform(work: Work, signal: AbortSignal): Promise<unknown>
  /** Below it each job has a folder of its own. */
  scratch: string
  framesFolder: string
  modelsFolder: string
  engine: string
}

/** What is to be made, and of what. */
export interface ToMake {
  /** Of the result. */
  key: string
  /** Asked once more when it is made, where whatever makes it may have become another one meanwhile. */
  keyAfter?: (() => Promise<string>) | undefined
  /** Of the operation, or of the task. */
  name: string
  /** A task in place of an operation of ours: see `Operation.external`. */
  external?: object | undefined
  values: Record<string, string | number>
  files: Record<string, InputFile[]>
  /** Of the frames among them. */
  cameras: Record<string, CameraThen>
}

/** The job itself has an hour. */
const LIMIT_MS = 55 * 60_000

/** What was purged meanwhile is shown to nobody. */
class Purged extends Error {
  readonly code = 'purged'
  constructor() {
    super(PURGED)
  }
}

export const PURGED = 'frames that it was made of were purged'

/** Has a job worker make what a job is for, in a folder of its own, and keeps it: for operations, and for runs of tasks. */
export class Making {
  readonly #ports: MakingPorts
  /** What is made now, by the name of its folder. */
  readonly #running = new Map<string, { frames: FrameTimes; end: AbortController }>()

  constructor(ports: MakingPorts) {
    this.#ports = ports
  }

  /** Names of the folders that are in use now. */
  get folders(): string[] {
    return [...this.#running.keys()]
  }

  /** Ends what is made of frames of the span. @param cameras the camera's name, and those that it had */
  stop(cameras: string[], span: Span) {
    for (const { frames, end } of this.#running.values()) if (touches(frames, cameras, span)) end.abort(new Purged())
  }

  /** Whoever waits is settled with what was made. @throws NobodyWaits; what the process failed with; `purged`, `disk_full`, `no_room` */
  async make(waiting: Waiting, wanted: ToMake, context: Pick<JobContext, 'id' | 'signal' | 'report'>): Promise<Made> {
    const { database, scratch, results } = this.#ports
    const name = `${context.id}.${randomBytes(4).toString('hex')}`
    const folder = join(scratch, name)
    const frames = await framesBehind(database.write, Object.values(wanted.files).flat())
    const end = new AbortController()
    this.#running.set(name, { frames, end })
    try {
      const signal = AbortSignal.any([context.signal, end.signal])
      const made = await this.#make(wanted, folder, context, signal)
      const key = (await wanted.keyAfter?.()) ?? wanted.key
      await this.#keep(
        made.files.reduce((sum, { bytes }) => sum + bytes, 0),
        () => results.keep(waiting, { key, operation: wanted.name, made, folder, frames, signal }),
      )
      return made
    } catch (error) {
      if (end.signal.aborted) throw end.signal.reason
      throw error
    } finally {
      this.#running.delete(name)
      // What cannot be removed now is swept later.
      await removeFolder(folder).catch(() => {})
    }
  }

  /** Others may have taken meanwhile the room that there was when the work began. */
  async #keep(bytes: number, keep: () => Promise<void>) {
    const release = await this.#ports.room.reserve(bytes)
    if (!release) throw noRoom(bytes, (await this.#ports.room.left()).quota)
    await keep().finally(release)
  }

  async #make(
    { name, external, values, files, cameras }: ToMake,
    folder: string,
    { id: job, report }: Pick<JobContext, 'id' | 'report'>,
    signal: AbortSignal,
  ): Promise<Made> {
    const { perform, room, framesFolder, modelsFolder, engine } = this.#ports
    const { quota, disk } = await room.left()
    if (disk <= 0) throw diskFull()
    const params: OperationTask = {
      ...{ operation: name, ...(external ? { external } : {}), values, fileFields: Object.keys(files) },
      ...{ folder, mostBytes: Math.min(quota, disk), cameras, framesFolder, modelsFolder, engine },
    }
    const work: Work = {
      // Its process knows no operation of ours, and goes on to the next task.
      ...{ task: external ? 'task' : 'operation', job, params, inputs: inPieces(files), limitMs: LIMIT_MS },
      onMessage: (message) => report('perform', Math.min(Math.max((message as OperationProgress).fraction, 0), 1)),
    }
    try {
      return (await perform(work, signal)) as Made
    } catch (error) {
      if ((error as { code?: unknown }).code === NO_ROOM && disk < quota) throw diskFull()
      throw error
    }
  }
}

async function* inPieces(files: Record<string, InputFile[]>): AsyncGenerator<SomeFiles> {
  for (const [field, all] of Object.entries(files))
    for (let i = 0; i < all.length; i += FILES_AT_ONCE) yield { field, files: all.slice(i, i + FILES_AT_ONCE) }
}

function diskFull(): Error {
  const text =
    'too little is free on the disk for what it makes: make room on it, or have less kept (AJAR_RETAIN_BYTES)'
  return Object.assign(new Error(text), { code: 'disk_full', fault: 'environment' })
}
