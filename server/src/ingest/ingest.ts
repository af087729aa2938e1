import { checkJpeg, DecodeError } from '@ajar/models'
import { type CameraRef, cameraId, isName, parseMilliseconds, type RejectCode } from '@ajar/protocol'
import { clockFlaw } from '../capture-time.ts'
import type { NewFrame, PutResult, StoredFrame } from '../database/frames/frame-store.ts'

/** A frame as it came in, by MQTT or by HTTP. */
export interface IncomingFrame {
  device: string
  camera: string
  /** Capture time as it was written, or null: the server mints one. */
  time: string | null
  /** The packet was marked as sent before. */
  dup: boolean
  /** Milliseconds UTC: where the disk has not taken it by then, it is not stored at all. Without it, it waits on. */
  giveUpAt?: number
  /** Its whole ArrayBuffer is given away: it moves to the thread that stores it. */
  jpeg: Uint8Array
}

/** A frame that cannot be used: acknowledged, counted, reported. */
export interface Refusal {
  device: string
  /** The frame's id, as far as there is one. */
  frame: string
  /** Where the refusal can be recorded: under this id, or, where its time is only `minted`, the next free one. */
  key: { camera: string; capturedAt: number; receivedAt: number; size: number; minted: boolean } | null
  code: RejectCode
  reason: string
}

export type Ingested =
  | { kind: 'stored' | 'duplicate'; frame: StoredFrame }
  | { kind: 'refused'; refusal: Refusal }
  /** Not stored, and not acknowledged: the disk did not take it before `giveUpAt`. */
  | { kind: 'given_up' }

export interface IngestPorts {
  now(): number
  /** Durable when it resolves; waits while the disk refuses, until `giveUpAt` (milliseconds UTC). */
  store(frame: NewFrame, giveUpAt: number | null): Promise<PutResult>
  /** Makes sure that the camera exists; false where its device has too many. */
  ensureCamera(camera: CameraRef): Promise<boolean>
  /** Durable when it resolves; waits while the disk refuses. */
  recordRefusal(refusal: Refusal): Promise<void>
  /** The frame waits for its classification from here on. */
  enqueue(frame: StoredFrame, jpeg: Uint8Array): void
  maxFrameBytes: number
}

/**
 * Takes a frame in: when the promise resolves it is on the disk, or refused for good, and may be acknowledged
 * (guarantees 1, 4 and 6).
 */
export async function ingest(incoming: IncomingFrame, ports: IngestPorts): Promise<Ingested> {
  const receivedAt = ports.now()
  const refuse = async (code: RejectCode, reason: string, capturedAt: number | null = null): Promise<Ingested> => {
    const { device, camera, time, jpeg } = incoming
    const key =
      capturedAt === null
        ? null
        : { camera: cameraId(incoming), capturedAt, receivedAt, size: jpeg.byteLength, minted: time === null }
    const frame = [device, camera, time].filter((part) => part !== null).join('/')
    const refusal: Refusal = { device, frame, key, code, reason }
    await ports.recordRefusal(refusal)
    return { kind: 'refused', refusal }
  }

  if (!isName(incoming.device) || !isName(incoming.camera))
    return refuse('bad_name', 'names are lower-case letters, digits and hyphens, at most 32')
  const capturedAt = incoming.time === null ? null : parseMilliseconds(incoming.time)
  if (incoming.time !== null && capturedAt === null)
    return refuse('clock', `${incoming.time.slice(0, 40)} is no time in milliseconds since 1970`)
  const wrongClock = capturedAt === null ? null : clockFlaw(capturedAt, receivedAt)
  if (wrongClock) return refuse('clock', wrongClock)

  // A refused frame without a time is recorded under the time it came at, or the next one that is free.
  const id = capturedAt ?? receivedAt
  if (incoming.jpeg.byteLength > ports.maxFrameBytes)
    return refuse('too_large', `${incoming.jpeg.byteLength} bytes are more than ${ports.maxFrameBytes}`, id)
  if (incoming.jpeg.byteLength === 0) return refuse('empty', 'there are no bytes', id)
  const flaw = flawOf(incoming.jpeg)
  if (flaw) return refuse(flaw.code, flaw.message, id)
  if (!(await ports.ensureCamera(incoming))) return refuse('bad_name', 'this device has 64 cameras already')

  const { dup, giveUpAt = null, jpeg } = incoming
  const stored = await ports.store({ camera: cameraId(incoming), capturedAt, receivedAt, dup, jpeg }, giveUpAt)
  if (stored.kind === 'given_up') return stored
  if (stored.kind === 'collision')
    return refuse('id_collision', 'another frame has this id already: capture times must rise within a camera')
  if (stored.kind === 'stored') ports.enqueue(stored.frame, stored.jpeg)
  return { kind: stored.kind, frame: stored.frame }
}

/** Looks at the header and the end only, in microseconds: a flaw inside the picture shows when it is classified. */
function flawOf(jpeg: Uint8Array): DecodeError | null {
  try {
    checkJpeg(jpeg)
    return null
  } catch (error) {
    if (error instanceof DecodeError) return error
    throw error
  }
}
