import { hash } from 'node:crypto'
import { checkJpeg, DecodeError, type Mask } from '@ajar/models'
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
  /** Milliseconds UTC: where its camera is shut or the disk refuses until then, it is not stored. Without it, it waits on. */
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
  /** Not stored, and not acknowledged: its turn did not come, or the disk did not take it, before `giveUpAt`. */
  | { kind: 'given_up' }

export interface IngestPorts {
  now(): number
  /** The camera that is meant: one that was renamed still sends under its old name. */
  nameNow(camera: CameraRef): CameraRef
  /** Whether the camera is gone, and what it had is still being removed. */
  isBeingDeleted(camera: string): boolean
  /** What nobody may see of the camera. */
  masksOf(camera: string): readonly Mask[]
  /** A new JPEG, black where the masks are. Throws DecodeError. */
  blacken(camera: string, jpeg: Uint8Array, masks: readonly Mask[]): Promise<Uint8Array>
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
  const ref = ports.nameNow(incoming)
  const id = cameraId(ref)
  const refuse = async (code: RejectCode, reason: string, capturedAt: number | null = null): Promise<Ingested> => {
    const { device, camera, time, jpeg } = incoming
    const key =
      capturedAt === null ? null : { camera: id, capturedAt, receivedAt, size: jpeg.byteLength, minted: time === null }
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

  if (ports.isBeingDeleted(id))
    return refuse('being_deleted', `${id} is being deleted: what comes after that makes a new camera`)

  // A refused frame without a time is recorded under the time it came at, or the next one that is free.
  const at = capturedAt ?? receivedAt
  if (incoming.jpeg.byteLength > ports.maxFrameBytes)
    return refuse('too_large', `${incoming.jpeg.byteLength} bytes are more than ${ports.maxFrameBytes}`, at)
  if (incoming.jpeg.byteLength === 0) return refuse('empty', 'there are no bytes', at)
  const flaw = flawOf(incoming.jpeg)
  if (flaw) return refuse(flaw.code, flaw.message, at)
  if (!(await ports.ensureCamera(ref))) return refuse('bad_name', 'this device has 64 cameras already')

  const { dup, giveUpAt = null } = incoming
  const seen = await whatMayBeSeen(id, incoming.jpeg, ports)
  if (seen instanceof DecodeError) return refuse(seen.code, seen.message, at)
  const stored = await ports.store({ camera: id, capturedAt, receivedAt, dup, ...seen }, giveUpAt)
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

/**
 * The picture as it may be kept. One that is blackened is told from others by the bytes that were sent, so that it is
 * known when it comes again.
 */
async function whatMayBeSeen(
  camera: string,
  jpeg: Uint8Array,
  { masksOf, blacken }: IngestPorts,
): Promise<{ jpeg: Uint8Array; sha256?: Uint8Array } | DecodeError> {
  const masks = masksOf(camera)
  if (masks.length === 0) return { jpeg }
  try {
    return { jpeg: await blacken(camera, jpeg, masks), sha256: hash('sha256', jpeg, 'buffer') }
  } catch (error) {
    if (error instanceof DecodeError) return error
    throw error
  }
}
