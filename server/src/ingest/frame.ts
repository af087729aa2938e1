import { hash } from 'node:crypto'
import { checkJpeg, DecodeError, type Mask } from '@ajar/models'
import type { CameraRef } from '@ajar/protocol'
import type { NewFrame, PutResult, StoredFrame } from '../database/frames/frame-store.ts'
import type { Source } from '../devices/source.ts'
import type { Medium } from './medium.ts'
import type { Flaw } from './reading.ts'

export interface FramePorts {
  find(source: string): Source | null
  /** A new JPEG, black where the masks are. Throws DecodeError. */
  blacken(camera: string, jpeg: Uint8Array, masks: readonly Mask[]): Promise<Uint8Array>
  /** Durable when it resolves; waits while the disk refuses, until `giveUpAt` (milliseconds UTC). */
  store(frame: NewFrame, giveUpAt: number | null): Promise<PutResult>
  /** Makes sure that the camera exists; false where its device has too many. */
  ensureCamera(camera: CameraRef): Promise<boolean>
  /** It waits for its classification from here on. */
  enqueue(frame: StoredFrame, bytes: Uint8Array): void
  maxFrameBytes: number
}

/** A JPEG of a camera: kept in the frames files, black where nobody may see, and asked about. */
export function ofFrame(jpeg: Uint8Array, source: string, ports: FramePorts): Medium<StoredFrame> {
  const isOther = () => (ports.find(source)?.kind ?? 'camera') !== 'camera'
  const size = jpeg.byteLength // its bytes are given away
  return {
    kind: 'frame',
    size,
    hasRows: !isOther(), // else they would be those of a sensor, or of a door
    judge() {
      if (isOther()) return otherKind(source, ports)
      if (size > ports.maxFrameBytes)
        return { code: 'too_large', reason: `${size} bytes are more than ${ports.maxFrameBytes}` }
      return size === 0 ? { code: 'empty', reason: 'there are no bytes' } : flawOf(jpeg)
    },
    async admit(ref) {
      if (isOther()) return otherKind(source, ports)
      return (await ports.ensureCamera(ref)) ? null : { code: 'bad_name', reason: 'this device has 64 cameras already' }
    },
    async keep(place, giveUpAt) {
      const seen = await whatMayBeSeen(place.camera, jpeg, ports)
      if (seen instanceof DecodeError) return { kind: 'refused', flaw: asFlaw(seen), hasId: true }
      const stored = await ports.store({ ...place, ...seen }, giveUpAt)
      if (stored.kind === 'given_up') return stored
      if (stored.kind === 'collision') return { kind: 'refused', flaw: COLLISION, hasId: false }
      if (stored.kind === 'stored') ports.enqueue(stored.frame, stored.jpeg)
      return { kind: stored.kind, frame: stored.frame }
    },
  }
}

function otherKind(source: string, { find }: FramePorts): Flaw {
  return { code: 'bad_name', reason: `${source} is a ${find(source)?.kind}: a camera needs another name` }
}

const COLLISION: Flaw = {
  code: 'id_collision',
  reason: 'another frame has this id already: capture times must rise within a camera',
}

const asFlaw = ({ code, message }: DecodeError): Flaw => ({ code, reason: message })

/** Looks at the header and the end only, in microseconds: a flaw inside the picture shows when it is classified. */
function flawOf(jpeg: Uint8Array): Flaw | null {
  try {
    checkJpeg(jpeg)
    return null
  } catch (error) {
    if (error instanceof DecodeError) return asFlaw(error)
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
  { find, blacken }: FramePorts,
): Promise<{ jpeg: Uint8Array; sha256?: Uint8Array } | DecodeError> {
  const masks = find(camera)?.masks ?? []
  if (masks.length === 0) return { jpeg }
  try {
    return { jpeg: await blacken(camera, jpeg, masks), sha256: hash('sha256', jpeg, 'buffer') }
  } catch (error) {
    if (error instanceof DecodeError) return error
    throw error
  }
}
