import type { Events } from '../database/events.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { KeepAlives, SeenAlive } from './keep-alives.ts'

const LOOK_MS = 1_000
/** Whoever floods the list with names makes so many rows in a look, and the rest are told later. */
const MOST_AT_ONCE = 10

export interface KeepAliveEventsPorts {
  database: StateDatabase
  events: Events
  keepAlives: KeepAlives
}

/** Tells those who watch which devices without a connection came, and which left. */
export class KeepAliveEvents {
  readonly #ports: KeepAliveEventsPorts
  readonly #told = new Map<string, SeenAlive>()
  #timer: NodeJS.Timeout | null = null
  #looking: Promise<void> | null = null

  constructor(ports: KeepAliveEventsPorts) {
    this.#ports = ports
  }

  start() {
    this.#timer = setInterval(() => {
      // The disk refuses: the next look tells it.
      this.#looking ??= this.#look()
        .catch(() => {})
        .finally(() => {
          this.#looking = null
        })
    }, LOOK_MS)
  }

  async close() {
    if (this.#timer) clearInterval(this.#timer)
    await this.#looking
  }

  async #look() {
    const { database, events, keepAlives } = this.#ports
    const here = new Map(keepAlives.list().map((seen) => [keyOf(seen), seen]))
    const came = [...here.values()].filter((seen) => !this.#told.has(keyOf(seen)))
    const left = [...this.#told.values()].filter((seen) => !here.has(keyOf(seen)))
    const changes = [
      ...left.map((seen) => ({ seen, connected: false })),
      ...came.map((seen) => ({ seen, connected: true })),
    ].slice(0, MOST_AT_ONCE)
    const rows = await events.append(
      database.write,
      changes.map(({ seen: { name, number }, connected }) => ({
        kind: 'device',
        data: { device: name, number, protocol: 'http', change: 'seen', connected, status: null },
      })),
    )
    events.publish(rows)
    for (const { seen, connected } of changes) {
      if (connected) this.#told.set(keyOf(seen), seen)
      else this.#told.delete(keyOf(seen))
    }
  }
}

function keyOf({ name, number, address }: SeenAlive): string {
  return JSON.stringify([name, number, address])
}
