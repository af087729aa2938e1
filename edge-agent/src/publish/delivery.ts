import { topics } from '@ajar/protocol'
import type { Clock } from '../clock.ts'
import { reasonOf } from '../failure.ts'
import type { Log } from '../log.ts'
import { letGo } from '../memory.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { QueuedItem } from '../outbox/queue.ts'
import { readingsIn } from '../reading-bundle.ts'
import { Wakeup } from '../wakeup.ts'
import { BacklogWindow } from './backlog-window.ts'
import type { Connection } from './connection.ts'
import type { Suspicion } from './suspicion.ts'

/** Items in flight: enough to hide the round trip, few enough to be the server's brake (guarantee 8). */
const WINDOW = 8
const LAST_ACKNOWLEDGEMENTS_MS = 5000

export interface DeliveryParts {
  device: string
  connection: Connection
  outbox: Outbox
  suspicion: Suspicion
  clock: Clock
  log: Log
  /** At most so much of a backlog is sent a second; undefined where only the link sets the pace. */
  drainBytesPerSecond: number | undefined
  /** Aborts when the agent closes: no new frame is sent then. */
  stopping: AbortSignal
}

/**
 * The frames and readings of one connection: sent in the outbox's order, eight in flight, fewer of a backlog
 * (`backlog-window.ts`), each deleted only at its PUBACK.
 */
export class Delivery {
  readonly #parts: DeliveryParts
  readonly #settled = new Wakeup()
  readonly #pending = new Set<Promise<void>>()
  readonly #backlog = new BacklogWindow()
  #inFlight = 0
  #backlogInFlight = 0
  /** When the next of the backlog may be sent, monotonic milliseconds. */
  #backlogDueAt = 0
  #acknowledged = 0

  constructor(parts: DeliveryParts) {
    this.#parts = parts
  }

  /** Items the server has acknowledged on this connection. */
  get acknowledged(): number {
    return this.#acknowledged
  }

  /** Sends until the connection closes or the agent stops; then every frame is acknowledged or back in the outbox. */
  async run(): Promise<void> {
    const { connection, clock, stopping } = this.#parts
    await this.#send(AbortSignal.any([connection.closed, stopping]))
    if (!connection.closed.aborted) {
      const enough = new AbortController()
      clock.sleep(LAST_ACKNOWLEDGEMENTS_MS, enough.signal).then(() => enough.abort())
      await this.#atMostInFlight(0, AbortSignal.any([connection.closed, enough.signal]))
      enough.abort()
      // What is still unacknowledged goes back to the outbox when the connection closes.
      if (this.#inFlight > 0) connection.cut()
    }
    await Promise.all(this.#pending)
  }

  async #send(over: AbortSignal): Promise<void> {
    const { outbox, suspicion } = this.#parts
    for (;;) {
      await this.#atMostInFlight(WINDOW - 1, over)
      if (over.aborted) return
      const frame = outbox.take(this.#backlogHasRoom())
      if (!frame) {
        await this.#moreToSend(over)
        continue
      }
      const alone = suspicion.sendAlone(frame)
      if (alone) await this.#atMostInFlight(0, over)
      if (over.aborted) return outbox.release(frame)
      const jpeg = await this.#read(frame)
      if (!jpeg) continue
      if (over.aborted) return outbox.release(frame)
      this.#publish(frame, jpeg)
      if (alone) await this.#atMostInFlight(0, over)
    }
  }

  #backlogHasRoom(): boolean {
    return this.#backlogInFlight < this.#backlog.size && this.#parts.clock.monotonic() >= this.#backlogDueAt
  }

  /** Waits until there may be something to send: an item came, one less of the backlog is in flight, or its next is due. */
  async #moreToSend(over: AbortSignal): Promise<void> {
    const { outbox, clock } = this.#parts
    const enough = new AbortController()
    const { signal } = enough
    const stop = () => enough.abort()
    over.addEventListener('abort', stop, { once: true })
    const dueInMs = this.#backlogDueAt - clock.monotonic()
    const waits = [outbox.changed(signal), this.#settled.wait(signal)]
    if (dueInMs > 0) waits.push(clock.sleep(dueInMs, signal))
    await Promise.race(waits)
    over.removeEventListener('abort', stop)
    stop()
  }

  async #read(frame: QueuedItem): Promise<Uint8Array | null> {
    const { outbox, log } = this.#parts
    try {
      return await outbox.read(frame)
    } catch (error) {
      log.warn(`${frame.kind} ${frame.source}/${frame.atMs} cannot be read any more and is dropped: ${reasonOf(error)}`)
      await outbox.lost(frame)
      return null
    }
  }

  #publish(frame: QueuedItem, jpeg: Uint8Array): void {
    const { outbox, suspicion, clock } = this.#parts
    const sentAt = clock.monotonic()
    this.#inFlight++
    if (frame.backlog) {
      this.#backlogInFlight++
      const { drainBytesPerSecond = Number.POSITIVE_INFINITY } = this.#parts
      this.#backlogDueAt = Math.max(sentAt, this.#backlogDueAt) + (frame.bytes / drainBytesPerSecond) * 1000
    }
    const { backlog } = frame
    const settled = this.#messages(frame, jpeg)
      .then(
        () => {
          this.#acknowledged++
          // A reading is a few bytes: how long it takes says nothing of a frame.
          if (frame.kind === 'frame') {
            if (backlog) this.#backlog.drained(sentAt, clock.monotonic())
            else this.#backlog.live(sentAt, clock.monotonic())
          }
          letGo(jpeg)
          return outbox.delivered(frame)
        },
        () => (this.#serverClosed() ? suspicion.closedOn(frame) : outbox.release(frame)),
      )
      .finally(() => {
        this.#inFlight--
        if (backlog) this.#backlogInFlight--
        this.#pending.delete(settled)
        this.#settled.ring()
      })
    this.#pending.add(settled)
  }

  /** Publishes an item, of a bundle its readings; resolves when all of it is acknowledged. */
  async #messages(frame: QueuedItem, bytes: Uint8Array): Promise<void> {
    const { device, connection } = this.#parts
    // DUP where an earlier connection had it already: the server may know this frame.
    const dup = frame.sends++ > 0
    const messages = readingsIn(frame, bytes)
    for (let i = 0; i < messages.length; i += WINDOW) {
      const some = messages.slice(i, i + WINDOW)
      await Promise.all(
        some.map(({ atMs, bytes }) => connection.publish(topicOf(device, { ...frame, atMs }), bytes, { dup })),
      )
    }
  }

  /** A PUBACK that does not come, or our own goodbye, says nothing about the frame. */
  #serverClosed(): boolean {
    return !this.#parts.connection.answerMissing && !this.#parts.stopping.aborted
  }

  async #atMostInFlight(limit: number, over: AbortSignal): Promise<void> {
    while (this.#inFlight > limit && !over.aborted) await this.#settled.wait(over)
  }
}

function topicOf(device: string, { kind, source, atMs }: QueuedItem): string {
  return kind === 'frame'
    ? topics.frame({ device, camera: source, capturedAtMs: atMs })
    : topics.reading({ device, sensor: source, atMs })
}
