import { hash } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import type { ThreadReply } from '../thread-calls.ts'
import { FramesFile, type StoredFrame } from './frames-file.ts'

/**
 * The thread that alone writes frames files. Whatever waits in its inbox is committed in one transaction (group
 * commit: one fsync for many frames), and only then answered. A disk that fails is tried again until it works:
 * nothing is answered before it is stored.
 */

export interface FramesThreadOptions {
  folder: string
  maxFileBytes: number
}

export interface NewFrame {
  camera: string
  /** null: the store mints it as max(now, last + 1) of the camera. */
  capturedAt: number | null
  receivedAt: number
  /** The MQTT packet was marked as sent before. */
  dup: boolean
  jpeg: Uint8Array
}

export type Taken =
  /** Its bytes come back, so that the next step need not read them from the disk. */
  | { kind: 'stored'; frame: StoredFrame; jpeg: Uint8Array }
  /** The same id with the same bytes was stored before. */
  | { kind: 'duplicate'; frame: StoredFrame }
  /** The same id was stored before with other bytes. */
  | { kind: 'collision'; frame: StoredFrame }

export type PutResult =
  | Taken
  /** The disk did not take it before `giveUpAt`, and it will not be stored. */
  | { kind: 'given_up' }

export type FramesRequest =
  /** From `giveUpAt` on, milliseconds UTC, it is not stored any more, for nobody waits for it; null: it waits on. */
  | { kind: 'put'; frame: NewFrame; giveUpAt: number | null }
  | { kind: 'finish'; frames: { file: string; camera: string; capturedAt: number }[] }
  | { kind: 'pending'; camera: string; before: number; limit: number }
  | { kind: 'pendingCounts' }

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
/** How many of a camera's newest frames a frame without a time is compared with when it is sent again. */
const RESEND_WINDOW = 16

const { folder, maxFileBytes } = workerData as FramesThreadOptions
const port = parentPort
if (!port) throw new Error('frames-thread runs only as a worker thread')
const reply = (message: ThreadReply, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer)

mkdirSync(folder, { recursive: true })
/** Open files, oldest first; the last one takes new frames. */
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.db'))
  .sort(byAge)
  .map((name) => FramesFile.open(folder, name, { readOnly: false }))
/** Capture times each file holds: almost every frame is newer than all older files, and they need no look. */
const ranges = new Map(files.map((file) => [file, file.range()]))
/** The last capture time of each camera seen since the start. */
const lastTimes = new Map<string, number>()
/** A transaction failed: what it had noted in `ranges` and `lastTimes` is not so. */
let mistaken = false
let held = false
/** The commit that is arranged, and when the last one ended. */
let next: { dueAt: number; cancel(): void } | null = null
let committedAt = Number.NEGATIVE_INFINITY
const inbox: (FramesRequest & { id: number })[] = []
let closing = false

port.on('message', (request: (FramesRequest & { id: number }) | 'close') => {
  if (request === 'close') closing = true
  else inbox.push(request)
  schedule()
})
port.postMessage('ready')

/** Arranges the next commit: at once where nothing was committed lately, else when the pace allows it. */
function schedule() {
  const urgent = closing || inbox.some(({ kind }) => kind !== 'finish')
  const pace = held ? RETRY_MS : urgent ? PACE_MS : FINISH_PACE_MS
  const dueAt = closing ? 0 : committedAt + pace
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

function work() {
  next = null
  giveUp()
  const batch = nextBatch()
  try {
    const values = commit(batch)
    inbox.splice(0, batch.length)
    if (held) reply({ held: null })
    held = false
    batch.forEach((request, i) => {
      const given = request.kind === 'put' ? [request.frame.jpeg.buffer as ArrayBuffer] : []
      reply({ id: request.id, value: values[i] }, given)
    })
  } catch (error) {
    mistaken = true
    if (!held) reply({ held: (error as Error).message })
    held = true
  }
  committedAt = performance.now()
  // On a disk that refuses there is nothing to wait for: what is not stored was not acknowledged.
  if (closing && (held || inbox.length === 0)) return close()
  if (held || inbox.length > 0) schedule()
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
function commit(batch: FramesRequest[]): unknown[] {
  if (batch.length === 0 && !held) return []
  if (mistaken) readAgain()
  const now = Date.now()
  const current = fileForNewFrames(now)
  if (batch.length === 0) probe(current)
  // Older files first: finishing twice changes nothing, so a failure after it can repeat the whole batch.
  for (const [file, frames] of finishedByFile(batch)) {
    if (file === current) continue
    file.transaction(() => {
      for (const { camera, capturedAt } of frames) file.finish(camera, capturedAt)
    })
  }
  const values: unknown[] = []
  current.transaction(() => {
    for (const request of batch) values.push(perform(request, current, now))
  })
  return values
}

function readAgain() {
  lastTimes.clear()
  for (const file of files) ranges.set(file, file.range())
  mistaken = false
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

function finishedByFile(batch: FramesRequest[]): Map<FramesFile, { camera: string; capturedAt: number }[]> {
  const byFile = new Map<FramesFile, { camera: string; capturedAt: number }[]>()
  for (const request of batch) {
    if (request.kind !== 'finish') continue
    for (const frame of request.frames) {
      const file = files.find((one) => one.name === frame.file)
      if (!file) continue
      const frames = byFile.get(file) ?? []
      frames.push(frame)
      byFile.set(file, frames)
    }
  }
  return byFile
}

function perform(request: FramesRequest, current: FramesFile, now: number): unknown {
  if (request.kind === 'put') return put(request.frame, current, now)
  if (request.kind === 'pending') return pending(request)
  if (request.kind === 'pendingCounts') return pendingCounts()
  if (request.kind === 'finish') {
    for (const { file, camera, capturedAt } of request.frames)
      if (file === current.name) current.finish(camera, capturedAt)
  }
  return null
}

function put({ camera, capturedAt, receivedAt, dup, jpeg }: NewFrame, current: FramesFile, now: number): Taken {
  const sha256 = hash('sha256', jpeg, 'buffer')
  if (capturedAt === null && dup) {
    const before = newestOf(camera, RESEND_WINDOW).find((frame) => sha256.equals(frame.sha256))
    if (before) return { kind: 'duplicate', frame: before }
  }
  const time = capturedAt ?? Math.max(receivedAt, lastTime(camera) + 1)
  const before = capturedAt === null ? null : find(camera, time)
  if (before) return { kind: sha256.equals(before.sha256) ? 'duplicate' : 'collision', frame: before }
  const frame = current.insert(
    { camera, capturedAt: time, receivedAt, storedAt: now, size: jpeg.byteLength, sha256 },
    jpeg,
  )
  lastTimes.set(camera, Math.max(lastTime(camera), time))
  const range = ranges.get(current)
  if (range) {
    range.low = Math.min(range.low, time)
    range.high = Math.max(range.high, time)
  }
  return { kind: 'stored', frame, jpeg }
}

function find(camera: string, capturedAt: number): StoredFrame | null {
  for (const file of files.toReversed()) {
    const range = ranges.get(file)
    if (!range || capturedAt < range.low || capturedAt > range.high) continue
    const frame = file.find(camera, capturedAt)
    if (frame) return frame
  }
  return null
}

function lastTime(camera: string): number {
  let time = lastTimes.get(camera)
  if (time === undefined) {
    time = Math.max(-1, ...newestOf(camera, 1).map((frame) => frame.capturedAt))
    lastTimes.set(camera, time)
  }
  return time
}

function newestOf(camera: string, limit: number): StoredFrame[] {
  return files
    .flatMap((file) => file.newest(camera, limit))
    .sort((a, b) => b.capturedAt - a.capturedAt)
    .slice(0, limit)
}

function pending({ camera, before, limit }: Extract<FramesRequest, { kind: 'pending' }>): StoredFrame[] {
  return files
    .flatMap((file) => file.pendingBefore(camera, before, limit))
    .sort((a, b) => b.capturedAt - a.capturedAt)
    .slice(0, limit)
}

function pendingCounts(): { camera: string; count: number }[] {
  const counts = new Map<string, number>()
  for (const { camera, count } of files.flatMap((file) => file.pendingCounts()))
    counts.set(camera, (counts.get(camera) ?? 0) + count)
  return [...counts].map(([camera, count]) => ({ camera, count }))
}

/** One file a day, and another of the same day where the first is full. A clock that was set back opens no old file. */
function fileForNewFrames(now: number): FramesFile {
  const today = new Date(now).toISOString().slice(0, 10)
  const last = files.at(-1)
  const age = last ? ageOf(last.name) : { day: '', number: 0 }
  const ofToday = age.day >= today
  if (last && ofToday && last.bytes() < maxFileBytes) return last
  const name = ofToday ? `${age.day}-${age.number + 1}.db` : `${today}-1.db`
  const file = FramesFile.open(folder, name, { readOnly: false })
  files.push(file)
  ranges.set(file, file.range())
  return file
}

function ageOf(name: string): { day: string; number: number } {
  const [, day = '', number = '0'] = /^(\d{4}-\d{2}-\d{2})-(\d+)\.db$/.exec(name) ?? []
  return { day, number: Number(number) }
}

function byAge(a: string, b: string): number {
  const [one, other] = [ageOf(a), ageOf(b)]
  return one.day === other.day ? one.number - other.number : one.day < other.day ? -1 : 1
}

function close() {
  for (const file of files) file.close()
  port?.close()
}
