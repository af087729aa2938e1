import type { CareRequest, DroppedFile, FramesFileState } from './frame-requests.ts'
import type { FrameId, FramesFile, StoredFrame } from './frames-file.ts'
import { type FramesFiles, KEPT } from './frames-files.ts'

/**
 * Care of frames that are stored: removed, renamed, kept, dropped with their file. Each call is short, for frames that
 * come in wait as long; whoever has much to do calls again.
 */

/** More is not rewritten at once. */
const SLICE_BYTES = 1024 * 1024

/** What the others ask for is done by the thread itself. */
export type FilesRequest = Exclude<CareRequest, { kind: 'hold' | 'shrink' }>

export function careForFiles(files: FramesFiles, request: FilesRequest, now: number): unknown {
  files.correctNotes()
  switch (request.kind) {
    case 'remove':
      return remove(files, request)
    case 'rename':
      for (const file of files.all) file.rename(request.from, request.to)
      return files.forgetNotes()
    case 'describe':
      return files.all.map((file) => describe(files, file))
    case 'pendingIn':
      return files.named(request.file)?.pendingAfter(request.afterRow, request.limit) ?? []
    case 'keep':
      return keep(files, request.file, request.frames)
    case 'kept':
      return files.named(KEPT)?.after(request.afterRow, request.limit) ?? []
    case 'release':
      return release(files, request.frames)
    case 'rotate':
      return files.rotate(now)
    case 'drop':
      return drop(files, request.file)
  }
}

function remove(files: FramesFiles, { camera, from, to, limit }: Extract<CareRequest, { kind: 'remove' }>): number {
  const spans = files.all.map((file) => {
    const { low, high } = files.rangeOf(file)
    return { file, frames: to <= low || from > high ? [] : file.span(camera, from, to, limit) }
  })
  const oldest = atMostBytes(
    spans
      .flatMap(({ frames }) => frames)
      .sort((a, b) => a.capturedAt - b.capturedAt)
      .slice(0, limit),
  )
  for (const { file } of spans) {
    const ofFile = oldest.filter((frame) => frame.file === file.name)
    if (ofFile.length > 0) removeFrom(files, file, ofFile)
  }
  return oldest.length
}

/** Frames in their order, at least one, as long as they fit into a slice. */
function atMostBytes(frames: StoredFrame[]): StoredFrame[] {
  let bytes = 0
  return frames.filter(({ size }, i) => {
    bytes += size
    return i === 0 || bytes <= SLICE_BYTES
  })
}

function removeFrom(files: FramesFiles, file: FramesFile, frames: StoredFrame[]) {
  files.forgetNotes()
  file.remove(frames)
  if (file.isEmpty() && file !== files.newest) files.drop(file)
}

/** Copies frames that outlive their file; those that are copied already, or gone, are left out. */
function keep(files: FramesFiles, name: string, ids: FrameId[]): { looked: number } {
  const source = files.named(name)
  if (!source) return { looked: ids.length }
  const kept = files.forKeptFrames()
  let bytes = 0
  let looked = 0
  files.forgetNotes()
  kept.transaction(() => {
    for (const { camera, capturedAt } of ids) {
      if (bytes > SLICE_BYTES) break
      looked += 1
      const frame = source.find(camera, capturedAt)
      if (!frame || kept.find(camera, capturedAt)) continue
      const jpeg = source.jpeg(frame.row)
      if (jpeg) kept.insert(frame, jpeg, false)
      bytes += frame.size
    }
  })
  return { looked }
}

function release(files: FramesFiles, ids: FrameId[]) {
  const kept = files.named(KEPT)
  const frames = kept
    ? ids.map(({ camera, capturedAt }) => kept.find(camera, capturedAt)).filter((one) => one !== null)
    : []
  if (kept && frames.length > 0) removeFrom(files, kept, frames)
}

/** @returns what was dropped, or null where it is not there or has to stay */
function drop(files: FramesFiles, name: string): DroppedFile | null {
  const file = files.named(name)
  if (!file || file === files.newest || name === KEPT) return null
  const dropped = { frames: file.frames(), bytes: files.bytesOf(file) }
  files.drop(file)
  return dropped
}

function describe(files: FramesFiles, file: FramesFile): FramesFileState {
  const { low, high } = files.rangeOf(file)
  const { from: storedFrom, to: storedTo } = file.stored()
  return {
    name: file.name,
    bytes: files.bytesOf(file),
    unusedBytes: file.unusedBytes(),
    oldestAt: Number.isFinite(low) ? low : null,
    newestAt: Number.isFinite(high) ? high : null,
    storedFrom,
    storedTo,
    role: file.name === KEPT ? 'kept' : file === files.newest ? 'current' : 'full',
  }
}
