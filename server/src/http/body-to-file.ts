import { createWriteStream } from 'node:fs'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { HttpError } from './errors.ts'

export interface BodyBounds {
  mostBytes: number
  tooLarge(): Error
  /** What may still be written, bytes. */
  room(): Promise<number>
  diskFull(): Error
  /** So long nothing may come, milliseconds. */
  stallMs?: number
  /** Sees all that comes. */
  look?(chunk: Uint8Array): void
}

/** So long nothing may come of an upload, milliseconds. */
export const STALL_MS = 30_000
/** How often it is looked whether there is still room. */
const LOOK_BYTES = 16 * 1024 * 1024

/**
 * Writes a body into a new file; on the disk when it resolves. What is left of it after an error the caller removes.
 * @returns how many bytes came
 * @throws HttpError 408 `stalled`, 400 `cut_off`, and the errors of the bounds
 */
export async function bodyToFile(body: Readable, path: string, bounds: BodyBounds): Promise<number> {
  const { mostBytes, tooLarge, room, diskFull, look, stallMs = STALL_MS } = bounds
  let bytes = 0
  let lookAt = LOOK_BYTES
  const stalled = new AbortController()
  let stall = setTimeout(() => stalled.abort(), stallMs)
  const bounded = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      clearTimeout(stall)
      stall = setTimeout(() => stalled.abort(), stallMs)
      bytes += chunk.length
      if (bytes > mostBytes) return done(tooLarge())
      look?.(chunk)
      if (bytes < lookAt) return done(null, chunk)
      lookAt = bytes + LOOK_BYTES
      room().then((left) => (left <= 0 ? done(diskFull()) : done(null, chunk)), done)
    },
  })
  // What is on the disk when this resolves is there after a power cut too: rows that are made of it count on it.
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true })
  const cut = () => {
    if (!body.readableEnded) bounded.destroy(cutOff())
  }
  body.once('error', cut).once('close', cut)
  try {
    body.pipe(bounded)
    await pipeline(bounded, file, { signal: stalled.signal })
    return bytes
  } catch (error) {
    if (stalled.signal.aborted) throw new HttpError(408, 'stalled', 'nothing came for a while: send it again')
    throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? diskFull() : error
  } finally {
    clearTimeout(stall)
    body.off('close', cut)
    // Whoever is refused in the middle still reads why: what he sends until then is dropped.
    body.unpipe(bounded)
    body.resume()
  }
}

function cutOff(): HttpError {
  return new HttpError(400, 'cut_off', 'it did not come whole: send it again')
}
