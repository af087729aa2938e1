import { csiView, flawOf } from '@ajar/models'
import { HttpError } from '../http/errors.ts'
import { fieldOf, type OlderJson, olderJson } from './older-body.ts'

const VIEW = csiView()

/**
 * The packet in a body: `payload` is a JSON text of numbers, or the list itself.
 * @throws HttpError 400 in the old server's words, whatever is wrong with it
 */
export function packetIn(body: unknown): number[] {
  const payload = fieldOf(bodyOf(body), 'payload')
  const packet = typeof payload === 'string' ? parsed(payload) : payload
  if (!isPacket(packet)) throw malformed()
  return packet
}

export function malformed(): HttpError {
  return new HttpError(400, 'malformed', 'Malformed Packet Recieved')
}

/**
 * Boards copy what a serial line says, up to `]`, between two quotes: the end of the line before comes with it, which no JSON
 * text may hold as it is.
 */
function bodyOf(body: unknown): OlderJson {
  const bytes = body instanceof Uint8Array ? body : new Uint8Array()
  try {
    return olderJson(bytes)
  } catch {
    try {
      return olderJson(bytes.map((byte) => (LINE_ENDS.has(byte) ? SPACE : byte)))
    } catch {
      throw malformed()
    }
  }
}

const SPACE = 0x20
const LINE_ENDS = new Set([0x0a, 0x0d])

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** 53 amplitudes, then 53 phases, all of them measurements. */
function isPacket(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'number') && flawOf(value, VIEW) === null
}
