import { parentPort, workerData } from 'node:worker_threads'
import type { ThreadReply } from '../thread-calls.ts'
import { FrameReader } from './frame-reader.ts'
import type { FrameId } from './frames-file.ts'

/** The thread that reads frames for people: so many pictures on a page never hold up the threads that classify. */

export type ArchiveRequest =
  | ({ kind: 'find' | 'jpeg' | 'isPending' } & FrameId)
  | { kind: 'has'; frames: FrameId[] }
  | { kind: 'described'; frames: FrameId[] }
  | { kind: 'bytesOf'; frames: FrameId[] }

const port = parentPort
if (!port) throw new Error('archive-thread runs only as a worker thread')
const reader = new FrameReader((workerData as { folder: string }).folder)

port.on('message', (request: (ArchiveRequest & { id: number }) | 'close') => {
  if (request === 'close') {
    reader.close()
    port.close()
    return
  }
  port.postMessage(replyTo(request))
})
port.postMessage('ready')

function replyTo(request: ArchiveRequest & { id: number }): ThreadReply {
  const { id } = request
  try {
    return { id, value: answerTo(request) }
  } catch (error) {
    return { id, error: (error as Error).message, errcode: (error as { errcode?: number }).errcode ?? null }
  }
}

function answerTo(request: ArchiveRequest): unknown {
  if (request.kind === 'has') return reader.has(request.frames)
  if (request.kind === 'described') return reader.described(request.frames)
  if (request.kind === 'bytesOf') return reader.bytesOf(request.frames)
  if (request.kind === 'isPending') return reader.isPending(request.camera, request.capturedAt)
  const frame = reader.find(request.camera, request.capturedAt)
  return request.kind === 'find' || !frame ? frame : reader.jpeg(frame)
}
