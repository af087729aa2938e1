import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { QueuedItem } from '../outbox/queue.ts'

/** After this many closes a frame is sent with nothing else in flight, so that the next close tells whose fault it is. */
const ALONE_AFTER = 2
/** After this many it is set aside. Five times in a row the same frame is no accident of the network. */
const PARK_AFTER = 5
const FIRST_PARKING_MS = 60_000
const LONGEST_PARKING_MS = 3_600_000

export interface SuspicionParts {
  device: string
  outbox: Outbox
  clock: Clock
  log: Log
}

/**
 * Finds frames that the server refuses. MQTT 3.1.1 knows no refusal of a publish but closing the connection, so a frame
 * that is in flight at one close after another is suspected, sent alone, and at last parked: it stays in the outbox, is
 * tried again after a minute, two, four ... an hour, and holds up no other frame meanwhile.
 */
export class Suspicion {
  readonly #parts: SuspicionParts
  #fault: string | null = null

  constructor(parts: SuspicionParts) {
    this.#parts = parts
  }

  get fault(): string | null {
    return this.#parts.outbox.parked > 0 ? this.#fault : null
  }

  sendAlone(frame: QueuedItem): boolean {
    return frame.closes >= ALONE_AFTER
  }

  /** The connection closed on this frame: gives it back to the outbox. */
  closedOn(frame: QueuedItem): void {
    const { outbox, clock, device, log } = this.#parts
    frame.closes++
    if (frame.closes < PARK_AFTER) {
      outbox.release(frame)
      return
    }
    const waitMs = Math.min(LONGEST_PARKING_MS, FIRST_PARKING_MS * 2 ** frame.parkings)
    frame.parkings++
    frame.closes = ALONE_AFTER
    outbox.park(frame, clock.monotonic() + waitMs)
    const id = `${device}/${frame.source}/${frame.atMs}`
    this.#fault =
      `publish_refused: the server closed the connection ${PARK_AFTER} times on ${frame.kind} ${id} (${frame.bytes} bytes); ` +
      `check that this credential may publish under ajar/${device}/ and that the server takes ${frame.kind}s of this size`
    log.warn(`${this.#fault}; trying it again in ${waitMs / 60_000} min`)
  }
}
