import type { Archive } from '../../database/frames/archive.ts'
import type { Sources } from '../../devices/sources.ts'
import { HttpError } from '../../http/errors.ts'
import type { IncomingFrame } from '../../ingest/ingest.ts'
import type { Ingested } from '../../ingest/medium.ts'
import type { ImportedItem, LeftOut } from './import-messages.ts'
import type { Labels } from './labels.ts'

/** A reading as it came from a file. */
interface PastReading extends Pick<IncomingFrame, 'device' | 'time' | 'dup' | 'giveUpAt'> {
  sensor: string
  payload: { value: number[] }
}

/** A frame or a reading as it came from a file. */
export type PastIncoming = IncomingFrame | PastReading

export interface StorePastPorts {
  sources: Pick<Sources, 'get'>
  archive: Pick<Archive, 'jpeg'>
  labels: Pick<Labels, 'put'>
  /** Durable when it resolves. */
  store(incoming: PastIncoming): Promise<Ingested>
}

/** Messages of which each has one picture or many readings; more would only take memory. */
const MOST_AT_ONCE = 8
/** So long a disk may refuse before the job is put off. */
const STORE_WAIT_MS = 60_000
/** Frames of one camera that follow each other by a millisecond are none of a camera's. */
const MOST_TRIES = 1000

/** The disk took nothing for so long: another time it may. */
class StorageHeldError extends Error {
  readonly code = 'storage_held'
  readonly fault = 'environment'
}

/** What is counted of them. */
export interface Counted {
  imported: number
  labelled: number
  duplicates: number
}

/**
 * Stores frames or readings of a source that are past, and labels them. Some messages at once; whoever brings the next
 * one waits, and is told what went wrong with one before.
 */
export class StorePast {
  readonly #source: string
  readonly #ports: StorePastPorts
  readonly #told: { author: string; result: Counted; leaveOut(one: LeftOut): void }
  readonly #running = new Set<Promise<void>>()
  #failure: { error: unknown } | null = null

  constructor(
    source: string,
    ports: StorePastPorts,
    told: { author: string; result: Counted; leaveOut(one: LeftOut): void },
  ) {
    this.#source = source
    this.#ports = ports
    this.#told = told
  }

  async begin(items: ImportedItem[]) {
    this.throwIfFailed()
    const running = this.#take(items)
      .catch((error) => {
        this.#failure ??= { error }
      })
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
    while (this.#running.size >= MOST_AT_ONCE) await Promise.race(this.#running)
  }

  async end() {
    await Promise.all(this.#running)
  }

  throwIfFailed() {
    if (this.#failure) throw this.#failure.error
  }

  async #take(items: ImportedItem[]) {
    const { author, result, leaveOut } = this.#told
    for (let tries = 1; ; tries++) {
      const all = await Promise.all(items.map(async (item) => ({ item, stored: await this.#store(item) })))
      const kept = all.flatMap(({ item, stored }) => ('reason' in stored ? [] : { ...stored, state: item.state }))
      try {
        if (kept.length > 0) await this.#ports.labels.put(kept, author)
      } catch (error) {
        // A disk without room let the frame go before anything kept it.
        if (error instanceof HttpError && error.status === 404 && tries < MOST_TRIES / 100) continue
        throw error
      }
      for (const { item, stored } of all) if ('reason' in stored) leaveOut({ file: item.file, reason: stored.reason })
      const fresh = kept.filter(({ isNew }) => isNew).length
      result.labelled += kept.length
      result.imported += fresh
      result.duplicates += kept.length - fresh
      return
    }
  }

  /** Where another one has its time, it takes the next one: of those that are the same, the first run found it too. */
  async #store({ capturedAt, content }: ImportedItem): Promise<{ frame: string; isNew: boolean } | { reason: string }> {
    const { id, device, name } = this.#ports.sources.get(this.#source)
    for (let at = capturedAt; at < capturedAt + MOST_TRIES; at++) {
      const came = { device, time: String(at), dup: false, giveUpAt: Date.now() + STORE_WAIT_MS }
      const ingested = await this.#ports.store(
        content instanceof Uint8Array
          ? { ...came, camera: name, jpeg: new Uint8Array(content) } // a copy, for ingest gives its memory away
          : { ...came, sensor: name, payload: { value: content } },
      )
      if (ingested.kind === 'given_up') throw new StorageHeldError('the disk took nothing for a minute')
      if (ingested.kind !== 'refused') return { frame: `${id}/${at}`, isNew: ingested.kind === 'stored' }
      const { code, reason } = ingested.refusal
      if (code !== 'id_collision') return { reason }
      // What was exported of a camera with masks is another picture than that which came once, and no other frame.
      const there = content instanceof Uint8Array ? await this.#ports.archive.jpeg(id, at) : null
      if (there && Buffer.compare(there, content as Uint8Array) === 0) return { frame: `${id}/${at}`, isNew: false }
    }
    return { reason: `another ${MOST_TRIES} have this time and those after it` }
  }
}
