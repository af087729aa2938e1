import { Reading, type RejectCode } from '@ajar/protocol'
import { Value } from 'typebox/value'

/** A reading as it came in: by MQTT, by HTTP, or made by a task. */
export interface IncomingReading {
  device: string
  sensor: string
  /** Milliseconds UTC as they were written, or null: the server mints them. */
  time: string | null
  /** The packet was marked as sent before. */
  dup?: boolean
  /** As of `IncomingFrame`. */
  giveUpAt?: number
  /** `{"value": ...}` as bytes, or as an object where it was made here; it is judged all the same. */
  payload: Uint8Array | { value: unknown }
}

/** Why something cannot be used. */
export interface Flaw {
  code: RejectCode
  reason: string
}

/** @returns what was read, or what is wrong with it */
export function judgeReading(payload: IncomingReading['payload']): { value: Reading['value'] } | Flaw {
  const body = payload instanceof Uint8Array ? parse(payload) : payload
  // A number beyond what a double holds is read as infinite, which the schema refuses.
  if (!Value.Check(Reading, body)) return { code: 'not_a_reading', reason: SHAPE }
  return { value: body.value }
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
