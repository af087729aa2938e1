import { isName, parseMilliseconds, Reading, type RejectCode } from '@ajar/protocol'
import { Value } from 'typebox/value'
import { clockFlaw } from '../capture-time.ts'

/** A reading as it came in. */
export interface IncomingReading {
  device: string
  sensor: string
  /** As it was written, or null: the server mints one. */
  time: string | null
  payload: Uint8Array
}

/** A reading that may be stored, unless its id is taken or its device has too many sensors. */
export interface JudgedReading {
  device: string
  sensor: string
  /** Milliseconds UTC; null: the server mints one. */
  at: number | null
  receivedAt: number
  value: Reading['value']
  /** `value` in one way of writing, by which readings are compared. */
  valueJson: string
}

/** Why a reading cannot be used. */
export interface ReadingFlaw {
  code: RejectCode
  reason: string
}

/** @param receivedAt the server's clock, milliseconds UTC */
export function judgeReading(incoming: IncomingReading, receivedAt: number): JudgedReading | ReadingFlaw {
  const { device, sensor, time, payload } = incoming
  if (!isName(device) || !isName(sensor))
    return { code: 'bad_name', reason: 'names are lower-case letters, digits and hyphens, at most 32' }
  const at = time === null ? null : parseMilliseconds(time)
  if (time !== null && at === null)
    return { code: 'clock', reason: `${time.slice(0, 40)} is no time in milliseconds since 1970` }
  const wrongClock = at === null ? null : clockFlaw(at, receivedAt)
  if (wrongClock) return { code: 'clock', reason: wrongClock }
  const body = parse(payload)
  // A number beyond what a double holds is read as infinite, which the schema refuses.
  if (!Value.Check(Reading, body)) return { code: 'not_a_reading', reason: SHAPE }
  return { device, sensor, at, receivedAt, value: body.value, valueJson: JSON.stringify(body.value) }
}

const SHAPE =
  'a reading is {"value": ...} and no more, in UTF-8: a finite number, a text of at most 1024 characters, or a list of at most 4096 numbers'

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch {
    return undefined
  }
}
