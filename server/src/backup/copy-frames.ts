import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { FrameReader } from '../database/frames/frame-reader.ts'
import { FramesFile } from '../database/frames/frames-file.ts'
import { digestOf, syncPath } from './durable-files.ts'
import type { FramesSource, FrameToCopy } from './frames-to-copy.ts'
import type { BackupFile } from './manifest.ts'
import type { Pace } from './pace.ts'
import type { Room } from './room.ts'
import type { UnchangedFiles } from './unchanged-files.ts'

/** More is not written at once: others may want the disk. */
const SLICE_BYTES = 1024 * 1024

export interface CopyFramesPorts {
  reader: FrameReader
  unchanged: UnchangedFiles
  /** Where the backup is made. */
  aside: string
  room: Room
  pace: Pace
}

/** What a file of frames is to hold. */
export interface PlannedFrames {
  source: FramesSource
  frames: number
  bytes: number
  /** Names all that would be written: two files of the same content are the same. */
  content: string
  /** The same file in the backup before, or null. */
  before: BackupFile | null
}

/** Looks what a file is to hold; null where that is nothing. */
export async function planFrames(source: FramesSource, unchanged: UnchangedFiles): Promise<PlannedFrames | null> {
  const hash = createHash('sha256')
  let [frames, bytes] = [0, 0]
  for await (const page of source.frames())
    for (const frame of page) {
      hash.update(lineOf(frame))
      frames += 1
      bytes += frame.size
    }
  const content = hash.digest('hex')
  return frames === 0 ? null : { source, frames, bytes, content, before: unchanged.find(source.path, { content }) }
}

/**
 * Writes a planned file, or takes it from the backup before.
 * @param onBytes told of each piece that was written
 * @returns null where all its frames went meanwhile
 */
export async function copyFrames(
  { source, before }: PlannedFrames,
  ports: CopyFramesPorts,
  onBytes: (bytes: number) => Promise<void>,
): Promise<BackupFile | null> {
  const taken = before && (await ports.unchanged.take(before))
  return taken ?? write(source, ports, onBytes)
}

async function write(
  source: FramesSource,
  { reader, aside, room, pace }: CopyFramesPorts,
  onBytes: (bytes: number) => Promise<void>,
): Promise<BackupFile | null> {
  const path = join(aside, source.path)
  const file = FramesFile.open(dirname(path), basename(path), { readOnly: false })
  const hash = createHash('sha256')
  let frames = 0
  let slice: { frame: FrameToCopy; jpeg: Uint8Array }[] = []
  let bytes = 0
  const store = async () => {
    if (slice.length === 0) return
    file.transaction(() => {
      for (const { frame, jpeg } of slice) file.insert(frame, jpeg, frame.pending)
    })
    for (const { frame } of slice) hash.update(lineOf(frame))
    frames += slice.length
    await room.wrote(bytes)
    await onBytes(bytes)
    slice = []
    bytes = 0
    await pace.rest()
  }
  try {
    for await (const page of source.frames())
      for (const frame of page) {
        const jpeg = jpegOf(reader, frame)
        if (!jpeg) continue // it went meanwhile
        slice.push({ frame, jpeg })
        bytes += jpeg.byteLength
        if (bytes >= SLICE_BYTES) await store()
      }
    await store()
    file.settle()
  } finally {
    file.close()
    await rm(`${path}-journal`, { force: true })
  }
  if (frames === 0) {
    await rm(path)
    return null
  }
  await syncPath(path)
  const checkedAt = new Date().toISOString()
  return { path: source.path, ...(await digestOf(path, pace)), frames, content: hash.digest('hex'), checkedAt }
}

/** Its file may have gone since it was found: where it is kept, it is in another one then. */
function jpegOf(reader: FrameReader, frame: FrameToCopy): Uint8Array | null {
  const jpeg = reader.jpeg(frame)
  if (jpeg) return jpeg
  const [moved] = reader.described([frame])
  return moved ? reader.jpeg(moved) : null
}

/** All that is written of a frame, but for its bytes: stored at another time, they may be others. */
function lineOf({ camera, capturedAt, receivedAt, storedAt, size, sha256, pending }: FrameToCopy): string {
  return `${camera}/${capturedAt} ${receivedAt} ${storedAt} ${size} ${Buffer.from(sha256).toString('hex')} ${pending}\n`
}
