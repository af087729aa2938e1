import { type CameraRef, cameraId, isName, parseMilliseconds } from '@ajar/protocol'
import { clockFlaw } from '../capture-time.ts'
import type { FrameId } from '../database/frames/frame-store.ts'
import type { Ingested, Medium, Refusal } from './medium.ts'
import type { Flaw } from './reading.ts'

/** A name that somebody made up may be as long as a topic. */
const SHOWN_CHARACTERS = 64

/** A frame as it came in, by MQTT or by HTTP. */
export interface IncomingFrame {
  device: string
  camera: string
  /** Capture time as it was written, or null: the server mints one. */
  time: string | null
  /** The packet was marked as sent before. */
  dup: boolean
  /** Milliseconds UTC: where its camera is shut or the disk refuses until then, it is not stored. Without it, it waits on. */
  giveUpAt?: number
  /** Its whole ArrayBuffer is given away: it moves to the thread that stores it. */
  jpeg: Uint8Array
}

/** Whose it is that came in, and of when; `name` is the camera's or the sensor's. */
export interface Arrived {
  device: string
  name: string
  time: string | null
  dup?: boolean
  giveUpAt?: number
}

export interface IngestPorts {
  now(): number
  /**
   * Whether the source is gone, and what it had is still being removed.
   * @param medium what came; plain readings under a camera's name are no part of the camera
   */
  isBeingDeleted(source: string, medium: Medium['kind']): boolean
  /** Durable when it resolves; waits while the disk refuses. */
  recordRefusal(refusal: Refusal): Promise<void>
}

/**
 * Takes a frame or a reading in: when the promise resolves it is on the disk, or refused for good, and may be
 * acknowledged (guarantees 1, 4 and 6).
 * @param ref the source that is meant, whatever it was called when this was sent
 */
export async function ingest<Kept extends FrameId>(
  arrived: Arrived,
  ref: CameraRef,
  medium: Medium<Kept>,
  ports: IngestPorts,
): Promise<Ingested<Kept>> {
  const receivedAt = ports.now()
  const id = cameraId(ref)
  const { device, name, time, dup = false, giveUpAt = null } = arrived
  const refuse = async ({ code, reason }: Flaw, capturedAt: number | null = null): Promise<Ingested<Kept>> => {
    const at = medium.hasRows ? capturedAt : null
    const key =
      at === null ? null : { camera: id, capturedAt: at, receivedAt, size: medium.size, minted: time === null }
    const frame = [device, name, time].flatMap((part) => part?.slice(0, SHOWN_CHARACTERS) ?? []).join('/')
    const refusal: Refusal = { device, frame, key, code, reason }
    await ports.recordRefusal(refusal)
    return { kind: 'refused', refusal }
  }

  if (!isName(device) || !isName(name))
    return refuse({ code: 'bad_name', reason: 'names are lower-case letters, digits and hyphens, at most 32' })
  const capturedAt = time === null ? null : parseMilliseconds(time)
  if (time !== null && capturedAt === null)
    return refuse({ code: 'clock', reason: `${time.slice(0, 40)} is no time in milliseconds since 1970` })
  const wrongClock = capturedAt === null ? null : clockFlaw(capturedAt, receivedAt)
  if (wrongClock) return refuse({ code: 'clock', reason: wrongClock })
  if (ports.isBeingDeleted(id, medium.kind))
    return refuse({ code: 'being_deleted', reason: `${id} is being deleted: what comes after that is a new one's` })

  // What is refused without a time is recorded under the time it came at, or the next one that is free.
  const at = capturedAt ?? receivedAt
  const flaw = medium.judge()
  if (flaw) return refuse(flaw, at)
  const noRoom = await medium.admit(ref)
  if (noRoom) return refuse(noRoom)
  const kept = await medium.keep({ camera: id, capturedAt, receivedAt, dup }, giveUpAt)
  if (kept.kind !== 'refused') return kept
  return refuse(kept.flaw, kept.hasId ? at : null)
}
