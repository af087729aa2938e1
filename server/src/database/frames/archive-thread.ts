import { parentPort, workerData } from 'node:worker_threads'
import type { ThreadReply } from '../thread-calls.ts'
import { FrameReader } from './frame-reader.ts'

/** The thread that reads frames for people: so many pictures on a page never hold up the threads that classify. */

export interface ArchiveRequest {
  kind: 'find' | 'jpeg'
  camera: string
  capturedAt: number
}

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

function replyTo({ id, kind, camera, capturedAt }: ArchiveRequest & { id: number }): ThreadReply {
  try {
    const frame = reader.find(camera, capturedAt)
    return { id, value: kind === 'find' || !frame ? frame : reader.jpeg(frame) }
  } catch (error) {
    return { id, error: (error as Error).message, errcode: (error as { errcode?: number }).errcode ?? null }
  }
}
