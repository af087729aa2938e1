import { hash } from 'node:crypto'
import { isIPv4 } from 'node:net'
import type { VectorView } from '@ajar/models'
import type { Source, Sources } from '../devices/sources.ts'
import { HttpError } from '../http/errors.ts'

/** What older clients send and teach stands under this name, which no device can have. */
export const DEVICE = 'legacy'
const LEADER_NAME = 'csi'
/** The sensor whose model all senders of packets ask. */
export const LEADER = `${DEVICE}/${LEADER_NAME}`
/** What RSSI is taught by. */
export const RSSI = `${DEVICE}/rssi`
const MOST_SENDERS = 256
/** Senders, and what they are taught by. */
export const MOST_SOURCES = MOST_SENDERS + 2

/** Characters of a digest that tell an address from others. */
const DIGEST_CHARACTERS = 8

/** The sensor that stands for an address: each sender has its own results. */
export function senderAt(address: string): { device: string; camera: string } {
  const plain = address.replace(/^::ffff:/i, '')
  const name = isIPv4(plain) ? plain.replaceAll('.', '-') : hash('sha256', plain).slice(0, DIGEST_CHARACTERS)
  return { device: DEVICE, camera: `csi-${name}` }
}

/**
 * Makes the sensor of a sender with its first packet, and the one that all of them follow.
 * @param vector how packets are seen
 * @throws HttpError 503 where there are too many
 */
export async function ensureSender(
  sources: Pick<Sources, 'ensure'>,
  address: string,
  vector: VectorView,
): Promise<Source> {
  const leader = await sources.ensure({ device: DEVICE, camera: LEADER_NAME }, MOST_SOURCES, { kind: 'sensor', vector })
  const sender = await sources.ensure(senderAt(address), MOST_SOURCES, { kind: 'sensor', follows: LEADER })
  if (leader && sender) return sender
  const text = `Error, ${MOST_SENDERS} senders are known already: delete a sensor of ${DEVICE} that is gone`
  throw new HttpError(503, 'too_many_senders', text)
}
