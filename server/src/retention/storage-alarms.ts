import type { Log } from '../logging/levels.ts'
import type { StorageState } from './storage.ts'

/** One thing that may be wrong with the storage, and what to do about it. */
export interface StorageAlarm {
  name: 'storage' | 'state_wal' | 'clock'
  level: 'ok' | 'warn' | 'error'
  text: string
}

/** state.db writes its log back into the file in between; where it cannot, somebody reads without an end. */
const MOST_WAL_BYTES = 64 * 1024 ** 2

/** Says what is wrong with the storage, in health at any time, and in the log and to those who watch once. */
export class StorageAlarms {
  readonly #log: Pick<Log, 'info' | 'warn' | 'error'>
  #standing: StorageAlarm[] = []

  readonly #tell: (alarm: StorageAlarm) => void

  /** @param tell told of each alarm that begins, gets worse or better, or ends */
  constructor(log: Pick<Log, 'info' | 'warn' | 'error'>, tell: (alarm: StorageAlarm) => void) {
    this.#log = log
    this.#tell = tell
  }

  /** What stands as of the last look. */
  get standing(): StorageAlarm[] {
    return this.#standing
  }

  /** @param clockStep how far the clock went ahead at once, milliseconds, where that is not believed; below zero: back */
  look(storage: StorageState, clockStep: number | null) {
    const before = new Map(this.#standing.map(({ name, level }) => [name, level]))
    this.#standing = [framesAlarm(storage), walAlarm(storage), clockAlarm(clockStep)]
    for (const alarm of this.#standing) {
      const { name, level, text } = alarm
      if (level === (before.get(name) ?? 'ok')) continue
      this.#log[level === 'ok' ? 'info' : level]({ alarm: name }, text)
      this.#tell(alarm)
    }
  }
}

function framesAlarm({ bytes, limitBytes, keptBytes, freeBytes, leastFreeBytes }: StorageState): StorageAlarm {
  const say = (level: StorageAlarm['level'], text: string): StorageAlarm => ({ name: 'storage', level, text })
  const share = `${amount(keptBytes)} of the ${amount(limitBytes)} that frames may take`
  const toDo = 'take labels back that are not needed, or set AJAR_RETAIN_BYTES higher'
  if (keptBytes >= limitBytes) return say('error', `kept frames take ${share}: no other frame stays for long; ${toDo}`)
  if (freeBytes < leastFreeBytes)
    return say('warn', `only ${amount(freeBytes)} of the disk are free, and no frames are left to go: make room`)
  if (keptBytes > limitBytes / 2) return say('warn', `kept frames take ${share}, so others stay shorter: ${toDo}`)
  return say('ok', `frames take ${amount(bytes)} of ${amount(limitBytes)}; ${amount(freeBytes)} of the disk are free`)
}

function walAlarm({ walBytes }: StorageState): StorageAlarm {
  if (walBytes <= MOST_WAL_BYTES) return { name: 'state_wal', level: 'ok', text: `${amount(walBytes)}` }
  const text = `the log of state.db has grown to ${amount(walBytes)}: another program may read state.db without an end; close it, or start ajar again`
  return { name: 'state_wal', level: 'warn', text }
}

function clockAlarm(step: number | null): StorageAlarm {
  if (step === null) return { name: 'clock', level: 'ok', text: 'runs as time goes by' }
  if (step < 0) {
    const hours = (-step / 3_600_000).toFixed(1)
    const meanwhile = 'frames that bring their own time may be refused until it is right'
    return { name: 'clock', level: 'warn', text: `the clock was set back by ${hours} hours: ${meanwhile}` }
  }
  const text = `the clock went ahead by ${(step / 3_600_000).toFixed(1)} hours at once: if it is wrong, set it right within a day, for nothing goes for its age until then`
  return { name: 'clock', level: 'warn', text }
}

/** Bytes for people, as settings have them. */
function amount(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
}
