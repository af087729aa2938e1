import { isDeepStrictEqual } from 'node:util'
import type { Archive } from '../../database/frames/archive.ts'
import type { Source, Sources } from '../../devices/sources.ts'
import { conflict, HttpError } from '../../http/errors.ts'
import type { IncomingFrame, Ingested } from '../../ingest/ingest.ts'
import type { JobContext } from '../../jobs/handlers.ts'
import type { Work } from '../../jobs/worker/messages.ts'
import type { ImportedPicture, ImportMessage, ImportTask, LeftOut } from './import-messages.ts'
import type { Labels } from './labels.ts'
import type { Uploads } from './uploads.ts'

export interface ImportPorts {
  sources: Sources
  labels: Labels
  archive: Pick<Archive, 'jpeg'>
  uploads: Pick<Uploads, 'pathOf'>
  /** Has work done by the job worker. */
  perform(work: Work, signal: AbortSignal): Promise<unknown>
  /** Stores a frame that is past: it makes no result. Durable when it resolves. */
  store(frame: IncomingFrame): Promise<Ingested>
  changeStates(camera: string, states: string[], author: string): Promise<unknown>
  maxFrameBytes: number
  maxImportBytes: number
}

/** What came of it. Where the job was interrupted, what it had stored before counts as `duplicates`. */
export interface ImportResult {
  imported: number
  labelled: number
  duplicates: number
  /** The first hundred of them. */
  skipped: LeftOut[]
  skippedCount: number
}

const TIME_LIMIT_MS = 4 * 3_600_000
/** Each commits with others that are on their way; more would only take memory. */
const MOST_AT_ONCE = 8
const MOST_LISTED = 100
/** So long a disk may refuse before the job is put off. */
const STORE_WAIT_MS = 60_000
/** Frames of one camera that follow each other by a millisecond are none of a camera's. */
const MOST_TRIES = 1000
/** Looking through the zip takes no longer than this part of it all. */
const CHECKING = 0.1

/** The disk took nothing for so long: another time it may. */
class StorageHeldError extends Error {
  readonly code = 'storage_held'
  readonly fault = 'environment'
}

/**
 * The handler of jobs of kind `import`: labelled pictures from a zip become frames of a camera, and their folders the
 * labels. The job worker unpacks; here each picture is stored as any frame is, then labelled. Run again, it changes nothing.
 */
export class Import {
  readonly kind = 'import'
  readonly #ports: ImportPorts

  constructor(ports: ImportPorts) {
    this.#ports = ports
  }

  readonly run = async ({ id: job, camera: id, params, signal, report, owner, log }: JobContext): Promise<object> => {
    const { sources, uploads, perform, maxFrameBytes, maxImportBytes } = this.#ports
    const camera = sources.get(id ?? '')
    const task: ImportTask = {
      path: uploads.pathOf(String(params.upload)),
      states: camera.states,
      addStates: params.addStates === true,
      maxFrameBytes,
      maxTotalBytes: 2 * maxImportBytes,
    }
    const result: ImportResult = { imported: 0, labelled: 0, duplicates: 0, skipped: [], skippedCount: 0 }
    const storing = new Storing(MOST_AT_ONCE)
    let pictures = 0
    let told = 0
    const onMessage = async (message: ImportMessage) => {
      if (message.kind === 'checked') return report('check', CHECKING * message.fraction)
      if (message.kind === 'plan') {
        pictures = message.pictures
        log('info', `${pictures} pictures are in the zip; the states are then ${message.states.join(', ')}`)
        if (message.states.length > camera.states.length) await this.#addStates(camera, message.states, owner)
        return
      }
      told += 1
      if (message.kind === 'left_out') leaveOut(result, message)
      else await storing.begin(() => this.#take(camera.id, message, owner, result))
      report('import', CHECKING + (1 - CHECKING) * Math.min(told / pictures, 1))
    }
    try {
      const inputs = (async function* () {})()
      const work = { task: 'import', job, params: task, inputs, limitMs: TIME_LIMIT_MS }
      await perform({ ...work, onMessage: (message) => onMessage(message as ImportMessage) }, signal)
    } finally {
      await storing.end()
    }
    storing.throwIfFailed()
    const { imported, duplicates, skippedCount } = result
    log('info', `${imported} pictures came in, ${duplicates} were there, ${skippedCount} were left out`)
    return result
  }

  /** @param before as its states were when they were compared with the folders @throws HttpError 409 `changed_meanwhile` */
  async #addStates({ id, states: before }: Source, after: string[], author: string) {
    const { sources, changeStates } = this.#ports
    if (!isDeepStrictEqual(sources.get(id).states, before)) {
      const message = `the states of ${id} were changed while the zip was looked at: import it again`
      throw conflict('changed_meanwhile', message)
    }
    await changeStates(id, after, author)
  }

  async #take(camera: string, picture: ImportedPicture, author: string, result: ImportResult) {
    for (let tries = 1; ; tries++) {
      const stored = await this.#store(camera, picture)
      if ('reason' in stored) return leaveOut(result, { file: picture.file, reason: stored.reason })
      try {
        await this.#ports.labels.put([{ frame: stored.frame, state: picture.state }], author)
      } catch (error) {
        // A disk without room let the frame go before anything kept it.
        if (error instanceof HttpError && error.status === 404 && tries < MOST_TRIES / 100) continue
        throw error
      }
      result.labelled += 1
      if (stored.isNew) result.imported += 1
      else result.duplicates += 1
      return
    }
  }

  /** Where another picture has its time, it takes the next one: of those that are the same, the first run found it too. */
  async #store(
    id: string,
    { capturedAt, jpeg }: ImportedPicture,
  ): Promise<{ frame: string; isNew: boolean } | { reason: string }> {
    const { device, name: camera } = this.#ports.sources.get(id)
    for (let at = capturedAt; at < capturedAt + MOST_TRIES; at++) {
      // A copy of its own, for ingest gives its memory away.
      const frame = { device, camera, time: String(at), dup: false, jpeg: new Uint8Array(jpeg) }
      const ingested = await this.#ports.store({ ...frame, giveUpAt: Date.now() + STORE_WAIT_MS })
      if (ingested.kind === 'given_up') throw new StorageHeldError('the disk took no frame for a minute')
      if (ingested.kind !== 'refused') return { frame: `${id}/${at}`, isNew: ingested.kind === 'stored' }
      const { code, reason } = ingested.refusal
      if (code !== 'id_collision') return { reason }
      // What was exported of a camera with masks is another picture than that which came once, and no other frame.
      const there = await this.#ports.archive.jpeg(id, at)
      if (there && Buffer.compare(there, jpeg) === 0) return { frame: `${id}/${at}`, isNew: false }
    }
    return { reason: `another ${MOST_TRIES} frames have this time and those after it` }
  }
}

function leaveOut(result: ImportResult, { file, reason }: LeftOut) {
  result.skippedCount += 1
  if (result.skipped.length < MOST_LISTED) result.skipped.push({ file, reason })
}

/** A few pictures at once; whoever brings the next one waits, and is told what went wrong with one before. */
class Storing {
  readonly #most: number
  readonly #running = new Set<Promise<void>>()
  #failure: { error: unknown } | null = null

  constructor(most: number) {
    this.#most = most
  }

  async begin(work: () => Promise<void>) {
    this.throwIfFailed()
    const running = work()
      .catch((error) => {
        this.#failure ??= { error }
      })
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
    while (this.#running.size >= this.#most) await Promise.race(this.#running)
  }

  async end() {
    await Promise.all(this.#running)
  }

  throwIfFailed() {
    if (this.#failure) throw this.#failure.error
  }
}
