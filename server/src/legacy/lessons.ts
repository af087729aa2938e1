import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import type { Events } from '../database/events.ts'
import type { EventRow } from '../database/schema.ts'
import { withDeadline } from '../deadline.ts'
import { bodyToFile, STALL_MS } from '../http/body-to-file.ts'
import { HttpError } from '../http/errors.ts'
import { InTurn } from '../in-turn.ts'
import type { Log } from '../logging/levels.ts'
import type { VectorLesson } from './training-data.ts'

/** What a thread says of a body: what is to be trained, or the answer to whoever sent it. */
export type ReadLesson =
  | { type: 'CAMERA'; camera: string }
  | ({ readings: number } & Pick<VectorLesson, 'type' | 'states'>)
  | { status: number; code: string; message: string; why: string | null }

/** What is to be trained; `dataset` names a file of labelled readings. */
export type Lesson = { type: 'CAMERA'; camera: string } | ({ dataset: string } & Pick<VectorLesson, 'type' | 'states'>)

export interface LessonsOptions {
  /** Where datasets lie; made when missing. */
  folder: string
  /** What may still be written, so that frames find room: bytes. */
  room(): Promise<number>
  /** Names of datasets that a job is still to read. */
  needed(): Promise<string[]>
  events: Pick<Events, 'subscribe'>
  log: Pick<Log, 'info' | 'warn'>
}

/** Twenty thousand packets have 47 MB where each number is written at its longest. */
export const MOST_BYTES = 48 * 1024 * 1024
/** Bodies that come in, which take room on the disk alone; one of each address, for it may come in slowly. */
const MOST_AT_ONCE = 4
/** So long one may take to come in, however it goes on. */
const TAKE_LIMIT_MS = 10 * 60_000
/** So long reading one may take, waiting for its turn not counted. */
const READ_LIMIT_MS = 60_000
/** The largest body that is taken needs less than half of it. */
const MOST_MEGABYTES = 512

/**
 * Bodies of `/training/post/train`: written to a file as they come, and read in a thread, one at a time, so that however
 * large they are the event loop never waits and memory stays bounded. What is left is the dataset that a job is to read.
 */
export class Lessons {
  readonly #options: LessonsOptions
  /** Names, and from where they come. */
  readonly #open = new Map<string, string>()
  readonly #reading = new InTurn(1)
  #ignore = () => {}

  constructor(options: LessonsOptions) {
    this.#options = options
  }

  /** Clears what an earlier run left that nobody needs. */
  async start() {
    await mkdir(this.#options.folder, { recursive: true, mode: 0o700 })
    await this.sweep()
    const { events, log } = this.#options
    this.#ignore = events.subscribe((rows) => {
      if (rows.some(isEndOfTraining))
        this.sweep().catch((err) => log.warn({ err }, 'a dataset cannot be removed: the next start tries again'))
    })
  }

  close() {
    this.#ignore()
  }

  pathOf(name: string): string {
    return join(this.#options.folder, name)
  }

  /** Removes what nobody needs any more. */
  async sweep() {
    const all = await readdir(this.#options.folder)
    const open = new Set([...this.#open.keys()].flatMap((name) => [bodyOf(name), datasetOf(name)]))
    const needed = new Set(await this.#options.needed()) // asked for after the look: a new one is in neither
    for (const name of all)
      if (!needed.has(name) && !open.has(name)) await rm(this.pathOf(name), { recursive: true, force: true })
  }

  /**
   * Takes a body in and has something made of it; nothing is left behind if that fails.
   * @param length what is announced, in bytes, if anything is
   * @param address of whoever sends it
   * @throws HttpError in the words that older clients know, 413 `too_large`, 503 `busy`, 507 `disk_full`, 408 `stalled`,
   * 400 `cut_off`
   */
  async take(
    body: Readable,
    { length, address }: { length: number | null; address: string },
    use: (lesson: Lesson) => Promise<unknown>,
  ): Promise<void> {
    if (length !== null && length > MOST_BYTES) throw tooLarge()
    if ([...this.#open.values()].includes(address))
      throw new HttpError(
        503,
        'busy',
        'Error, a set of data from your address comes in already: send yours again later',
      )
    if (this.#open.size >= MOST_AT_ONCE)
      throw new HttpError(503, 'busy', `Error, ${MOST_AT_ONCE} sets of data come in already: send yours again later`)
    const name = randomUUID()
    this.#open.set(name, address)
    const kept = { dataset: false }
    try {
      await this.#write(body, this.pathOf(bodyOf(name)))
      const lesson = await this.#read(name)
      await rm(this.pathOf(bodyOf(name)), { force: true })
      await use(lesson)
      kept.dataset = lesson.type !== 'CAMERA'
    } finally {
      if (!kept.dataset)
        for (const path of [bodyOf(name), datasetOf(name)]) await rm(this.pathOf(path), { force: true })
      this.#open.delete(name)
    }
  }

  async #write(body: Readable, path: string) {
    const { room } = this.#options
    if ((await room()) <= MOST_BYTES) throw diskFull()
    const late = setTimeout(() => body.destroy(), TAKE_LIMIT_MS)
    try {
      await bodyToFile(body, path, { mostBytes: MOST_BYTES, tooLarge, room, diskFull, stallMs: STALL_MS })
    } finally {
      clearTimeout(late)
    }
  }

  async #read(name: string): Promise<Lesson> {
    const files = { body: this.pathOf(bodyOf(name)), dataset: this.pathOf(datasetOf(name)) }
    const read = await this.#reading.run(() => inThread(files))
    if ('camera' in read) return read
    if ('states' in read) return { type: read.type, states: read.states, dataset: datasetOf(name) }
    const { status, code, message, why } = read
    // The text is one that older clients compare: what is wrong stands in the log.
    if (why !== null) this.#options.log.info({ why }, 'DATA is of no use')
    throw new HttpError(status, code, message)
  }
}

async function inThread(workerData: { body: string; dataset: string }): Promise<ReadLesson> {
  const resourceLimits = { maxOldGenerationSizeMb: MOST_MEGABYTES }
  const thread = new Worker(new URL('./lesson-thread.ts', import.meta.url), { workerData, resourceLimits })
  const { promise, resolve, reject } = Promise.withResolvers<ReadLesson>()
  thread.once('message', resolve)
  thread.once('error', (error: NodeJS.ErrnoException) => reject(asAnswer(error)))
  thread.once('exit', () => reject(new Error('the thread ended without an answer')))
  try {
    return await withDeadline(promise, READ_LIMIT_MS, tooLarge)
  } finally {
    await thread.terminate()
  }
}

function asAnswer(error: NodeJS.ErrnoException): Error {
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') return diskFull()
  return error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooLarge() : error
}

function isEndOfTraining({ kind, data_json }: EventRow): boolean {
  if (kind !== 'job') return false
  const job = JSON.parse(data_json)
  return job.kind === 'training' && !['queued', 'running'].includes(job.state)
}

const bodyOf = (name: string) => `${name}.body`
const datasetOf = (name: string) => `${name}.csv`

function tooLarge(): HttpError {
  const most = MOST_BYTES / 1024 / 1024
  return new HttpError(413, 'too_large', `Error, the body may have ${most} MiB: send fewer points of each angle`)
}

function diskFull(): HttpError {
  return new HttpError(507, 'disk_full', 'Error, the disk has no room for DATA: make room, then send it again')
}
