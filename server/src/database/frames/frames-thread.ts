import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import type { ThreadReply } from '../thread-calls.ts'
import { careForFiles } from './care-for-files.ts'
import { type CareRequest, type FramesRequest, isCare, type JourneyRequest, type PutResult } from './frame-requests.ts'
import type { FramesFile } from './frames-file.ts'
import { FramesFiles } from './frames-files.ts'
import { putFrame } from './put-frame.ts'
import { ShrinkKept } from './shrink-kept.ts'

/**
 * The thread that alone writes frames files. Whatever waits in its inbox is committed in one transaction (group
 * commit: one fsync for many frames), and only then answered. A disk that fails is tried again until it works:
 * nothing is answered before it is stored. Care of what is stored takes turns with that, and fails where it cannot be
 * done, for it may be what makes room.
 */

export interface FramesThreadOptions {
  folder: string
  maxFileBytes: number
}

/** At most this much goes into one transaction, so that no acknowledgement waits for a huge one. */
const BATCH_BYTES = 16 * 1024 * 1024
const BATCH_REQUESTS = 512
const RETRY_MS = 500
/** A disk that refused works again when it has room for as much: a frame or a few. */
const PROBE_BYTES = 1024 * 1024
/** Each commit costs fsyncs: frames that come in a row share one, and wait at most this long for it. */
const PACE_MS = 10
/** Nobody waits for the news that a frame is finished: it goes with the next frames, or after this. */
const FINISH_PACE_MS = 250

const { folder, maxFileBytes } = workerData as FramesThreadOptions
const port = parentPort
if (!port) throw new Error('frames-thread runs only as a worker thread')
const reply = (message: ThreadReply, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer)

const files = FramesFiles.open(folder, maxFileBytes)
const shrink = new ShrinkKept(files)
const inbox: (JourneyRequest & { id: number })[] = []
const care: (CareRequest & { id: number })[] = []
let held = false
/** Why nothing is to be stored although the disk might take it, or null. */
let refused: string | null = null
/** The work that is arranged, and when it was last done. */
let next: { dueAt: number; cancel(): void } | null = null
let workedAt = Number.NEGATIVE_INFINITY
/** When the disk was last tried. */
let triedAt = Number.NEGATIVE_INFINITY
let closing = false

port.on('message', (request: (FramesRequest & { id: number }) | 'close') => {
  if (request === 'close') closing = true
  else if (isCare(request)) care.push(request)
  else inbox.push(request)
  schedule()
})
port.postMessage('ready')

/** Arranges the next work: at once where nothing was committed lately, else when the pace allows it. */
function schedule() {
  const dueAt = closing ? 0 : nextDue()
  if (next && next.dueAt <= dueAt) return
  next?.cancel()
  const delay = dueAt - performance.now()
  // setImmediate lets every message that has already arrived join the batch.
  if (delay <= 0) {
    const immediate = setImmediate(work)
    next = { dueAt, cancel: () => clearImmediate(immediate) }
  } else {
    const timer = setTimeout(work, delay)
    next = { dueAt, cancel: () => clearTimeout(timer) }
  }
}

function nextDue(): number {
  if (care.length > 0) return workedAt + PACE_MS
  if (held) return triedAt + RETRY_MS
  const urgent = inbox.some(({ kind }) => kind !== 'finish')
  return workedAt + (urgent ? PACE_MS : FINISH_PACE_MS)
}

function work() {
  next = null
  careForOne()
  giveUp() // care may have waited for a file that is locked
  if (!held || closing || performance.now() >= triedAt + RETRY_MS) takeBatch()
  workedAt = performance.now()
  // On a disk that refuses there is nothing to wait for: what is not stored was not acknowledged.
  if (closing && care.length === 0 && (held || inbox.length === 0)) return close()
  if (held || inbox.length > 0 || care.length > 0) schedule()
}

function careForOne() {
  const request = care.shift()
  if (!request) return
  try {
    reply({ id: request.id, value: careFor(request) })
  } catch (error) {
    files.forgetNotes()
    const { message, errcode } = error as Error & { errcode?: number }
    reply({ id: request.id, error: message, errcode: errcode ?? null })
  }
}

function careFor(request: CareRequest): unknown {
  if (request.kind === 'hold') return hold(request.why)
  return request.kind === 'shrink' ? shrink.step() : careForFiles(files, request, Date.now())
}

function hold(why: string | null) {
  refused = why
  triedAt = Number.NEGATIVE_INFINITY // said, or lifted, at once
  if (why !== null) setHeld(why)
}

function takeBatch() {
  const batch = nextBatch()
  try {
    const values = commit(batch)
    inbox.splice(0, batch.length)
    setHeld(null)
    batch.forEach((request, i) => {
      const given = request.kind === 'put' ? [request.frame.jpeg.buffer as ArrayBuffer] : []
      reply({ id: request.id, value: values[i] }, given)
    })
  } catch (error) {
    files.forgetNotes()
    setHeld((error as Error).message)
  }
  triedAt = performance.now()
}

function setHeld(why: string | null) {
  if (held !== (why !== null)) reply({ held: why })
  held = why !== null
}

/** Takes out what nobody waits for any more. */
function giveUp() {
  const now = Date.now()
  for (let i = inbox.length - 1; i >= 0; i--) {
    const request = inbox[i]
    if (request?.kind !== 'put' || request.giveUpAt === null || request.giveUpAt > now) continue
    inbox.splice(i, 1)
    reply({ id: request.id, value: { kind: 'given_up' } satisfies PutResult })
  }
}

function nextBatch() {
  let bytes = 0
  let count = 0
  for (const request of inbox) {
    if (count === BATCH_REQUESTS || bytes > BATCH_BYTES) break
    if (request.kind === 'put') bytes += request.frame.jpeg.byteLength
    count += 1
  }
  return inbox.slice(0, count)
}

/** Everything in the batch, durable when this returns. */
function commit(batch: JourneyRequest[]): unknown[] {
  if (batch.length === 0 && !held) return []
  if (refused !== null) throw new Error(refused)
  files.correctNotes()
  const now = Date.now()
  // Only a new frame begins a new file.
  const current = (batch.some(({ kind }) => kind === 'put') ? null : files.newest) ?? files.forNewFrames(now)
  if (batch.length === 0) probe(current)
  // Older files first: finishing twice changes nothing, so a failure after it can repeat the whole batch.
  const finished = batch.flatMap((request) => (request.kind === 'finish' ? request.frames : []))
  for (const file of files.all) {
    const frames = finished.filter((frame) => frame.file === file.name)
    if (file === current || frames.length === 0) continue
    file.transaction(() => {
      for (const frame of frames) file.finish(frame)
    })
  }
  return current.transaction(() => batch.map((request) => perform(request, current, now)))
}

function perform(request: JourneyRequest, current: FramesFile, now: number): unknown {
  switch (request.kind) {
    case 'put':
      return putFrame(files, current, request.frame, now)
    case 'pending':
      return files.pending(request.camera, request.before, request.limit)
    case 'pendingCounts':
      return files.pendingCounts()
    case 'finish':
      for (const frame of request.frames) if (frame.file === current.name) current.finish(frame)
  }
  return null
}

/** All that waited was given up: whether the disk works again is tried without a frame. */
function probe(current: FramesFile) {
  const path = join(folder, 'probe')
  try {
    writeFileSync(path, new Uint8Array(PROBE_BYTES), { flush: true })
  } finally {
    rmSync(path, { force: true })
  }
  current.probe()
}

function close() {
  shrink.discard()
  files.close()
  port?.close()
}
