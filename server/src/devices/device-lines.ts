import type { ConfigApplied } from '@ajar/protocol'
import type { Log } from '../logging/levels.ts'

/** A device that comes and goes all the time has one line in so long. */
const QUIET_MS = 60_000

const MOST_ERRORS = 8

interface Told {
  /** Monotonic milliseconds of its last line. */
  at: number
  /** Times it came or went since. */
  untold: number
  timer: NodeJS.Timeout | null
}

export interface DeviceLinesPorts {
  log: Pick<Log, 'info' | 'warn'>
  /** Milliseconds that go on whatever is done to the clock. */
  monotonic?: () => number
  isConnected(name: string): boolean
}

/** What an operator reads of devices in the log: who was added and removed, who came and went, who follows its settings. */
export class DeviceLines {
  readonly #log: DeviceLinesPorts['log']
  readonly #monotonic: () => number
  readonly #isConnected: DeviceLinesPorts['isConnected']
  readonly #presence = new Map<string, Told>()
  /** Answers to the latest settings that were told, by device. */
  readonly #answers = new Map<string, { version: number; said: Set<boolean> }>()

  constructor({ log, monotonic = () => performance.now(), isConnected }: DeviceLinesPorts) {
    this.#log = log
    this.#monotonic = monotonic
    this.#isConnected = isConnected
  }

  /** Something that a person did to it. */
  did(device: string, what: string, more: object = {}) {
    this.#log.info({ device, ...more }, `device ${what}`)
  }

  removed(device: string) {
    this.did(device, 'removed')
    const told = this.#presence.get(device)
    if (told?.timer) clearTimeout(told.timer)
    this.#presence.delete(device)
    this.#answers.delete(device)
  }

  /** It came or went; where it does so often, what became of it is told a minute after the line before. */
  presence(device: string) {
    const told = this.#presence.get(device)
    if (told === undefined || this.#monotonic() - told.at >= QUIET_MS) return this.#tellPresence(device)
    told.untold++
    told.timer ??= setTimeout(() => this.#tellPresence(device), told.at + QUIET_MS - this.#monotonic()).unref()
  }

  /** It answered to its settings, of which each kind of answer is told once. @param latest the version that was sent last */
  answered(device: string, { version, ok, errors }: ConfigApplied, latest: number | null) {
    if (version !== latest) return
    const known = this.#answers.get(device)
    const answers = known?.version === version ? known : { version, said: new Set<boolean>() }
    this.#answers.set(device, answers)
    if (answers.said.has(ok)) return
    answers.said.add(ok)
    if (ok) this.did(device, 'follows its settings', { version })
    else this.#log.warn({ device, version, errors: errors.slice(0, MOST_ERRORS) }, 'device refuses its settings')
  }

  close() {
    for (const { timer } of this.#presence.values()) if (timer) clearTimeout(timer)
  }

  #tellPresence(device: string) {
    const before = this.#presence.get(device)
    if (before?.timer) clearTimeout(before.timer)
    const untold = before?.untold ?? 0
    const more = untold > 0 ? { changes: untold } : {}
    this.did(device, this.#isConnected(device) ? 'connected' : 'disconnected', more)
    this.#presence.set(device, { at: this.#monotonic(), untold: 0, timer: null })
  }
}
