import { constants, writeSync } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { kindOf } from './log-file-kind.ts'

export interface RotatingFileOptions {
  path: string
  /** Of all its files together. */
  maxBytes: number
  /** Told why the disk takes no lines, and null when it takes them again; `dropped` is how many were lost meanwhile. */
  onTrouble(why: string | null, dropped: number): void
  /** Opens the file; a test's disk may do it otherwise. */
  open?: typeof open
  /** A disk that takes longer for one step is in trouble. */
  patienceMs?: number
}

/** `ajar.log` and four older ones, `ajar.log.1` to `ajar.log.4`. */
export const FILES = 5
/** Lines that wait for the disk; more are dropped and counted. */
const MOST_WAITING = 4 * 1024 * 1024
const BATCH = 256 * 1024
const RETRY_MS = 1000
const PATIENCE_MS = 10_000
const CLOSE_LIMIT_MS = 2000
/** A link that was put there since it was looked at is not followed. */
const HOW = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW

/**
 * Lines in a file that is renamed when it is full, with a bound on all of them together. The event loop never waits for
 * the disk, and a disk that refuses costs lines, counted, and nothing else.
 */
export class RotatingFile {
  readonly #options: RotatingFileOptions
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #file: FileHandle | null = null
  #inode = 0
  #isDevice = false
  #size = 0
  #dropped = 0
  #droppedNow = 0
  #trouble: string | null = null
  #retryAt = 0
  #loop: Promise<void> | null = null
  #wakeUp: () => void = () => {}
  #closing = false
  #letsGo = false
  #isStuck = false

  constructor(options: RotatingFileOptions) {
    this.#options = options
  }

  /** Lines lost since the start. */
  get dropped(): number {
    return this.#dropped
  }

  /** Why the disk takes no lines right now, or null. */
  get trouble(): string | null {
    return this.#trouble
  }

  /** Bytes of the file that is written now. */
  get size(): number {
    return this.#size
  }

  write(line: string) {
    const bytes = Buffer.from(line)
    if (this.#closing || this.#waitingBytes + bytes.length > MOST_WAITING || bytes.length > this.#most) {
      this.#drop(1)
      return
    }
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    this.#letsGo = false
    this.#loop ??= this.#run()
  }

  /** Leaves the file alone once what waits is written, until the next line. */
  letGo() {
    this.#letsGo = true
    this.#loop ??= this.#run()
  }

  /** Whether the disk does not answer: Node waits for it even in process.exit, for ever. */
  get isStuck(): boolean {
    return this.#isStuck
  }

  /** Resolves when what was written before is on its way to the disk, or lost; within a limit. */
  async close(): Promise<void> {
    this.#closing = true
    this.letGo()
    this.#wakeUp()
    const { promise: limit, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, CLOSE_LIMIT_MS)
    await Promise.race([this.#loop, limit])
    clearTimeout(timer)
    this.#isStuck = this.#loop !== null
  }

  /** For a process that ends at once: writes what waits, and holds everything up for it. */
  writeNow() {
    if (!this.#file || this.#isStuck) return
    try {
      for (const line of this.#waiting.splice(0)) writeSync(this.#file.fd, line)
    } catch {
      // The disk refuses, and nobody is left to be told.
    }
  }

  /** What one file may take. */
  get #most(): number {
    return Math.floor(this.#options.maxBytes / FILES)
  }

  /** The only one that touches the file: there is never a second of it. */
  async #run() {
    do {
      if (this.#waiting.length > 0) await this.#step()
      if (this.#waiting.length === 0 && this.#letsGo) await this.#patiently(() => this.#closeFile())
    } while (this.#waiting.length > 0)
    this.#loop = null
  }

  async #step() {
    const wait = this.#retryAt - performance.now()
    if (wait > 0 && !this.#closing) await this.#pause(wait)
    try {
      await this.#patiently(async () => {
        await this.#open()
        const isFull = this.#size > 0 && this.#size + (this.#waiting[0]?.length ?? 0) > this.#most
        if (isFull && !this.#isDevice) await this.#rotate()
        await this.#writeSome()
      })
      this.#works()
    } catch (error) {
      await this.#fails((error as Error).message)
      if (this.#closing) this.#drop(this.#takeWaiting(Number.POSITIVE_INFINITY).length)
    }
  }

  /** A disk that does not answer is told as one that refuses; it is waited for all the same. */
  async #patiently(work: () => Promise<void>) {
    const { patienceMs = PATIENCE_MS } = this.#options
    const why = `the disk has not answered for ${patienceMs / 1000} seconds`
    const impatient = () => {
      this.#isStuck = true
      this.#tell(why)
    }
    const timer = setTimeout(impatient, patienceMs).unref()
    await work().finally(() => {
      clearTimeout(timer)
      this.#isStuck = false
    })
  }

  /** Opened again where somebody has renamed or removed the file. */
  async #open() {
    const { path } = this.#options
    const there = await lstat(path).catch(() => null)
    if (this.#file && there?.ino === this.#inode) return
    await this.#closeFile()
    kindOf(there, path)
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const file = await (this.#options.open ?? open)(path, HOW, 0o600)
    this.#file = file
    const stats = await file.stat()
    this.#isDevice = kindOf(stats, path) === 'device'
    this.#inode = stats.ino
    this.#size = stats.size
    if (!this.#isDevice) await this.#prune()
  }

  async #rotate() {
    const { path } = this.#options
    await this.#closeFile()
    await rm(nameOf(path, FILES - 1), { force: true })
    for (let i = FILES - 2; i >= 0; i--) await rename(nameOf(path, i), nameOf(path, i + 1)).catch(unlessMissing)
    await this.#open()
  }

  /** Older files that an earlier, larger bound has left go, the oldest first. */
  async #prune() {
    let bytes = this.#most
    for (let i = 1; i < FILES; i++) {
      const name = nameOf(this.#options.path, i)
      bytes += (await lstat(name).catch(() => null))?.size ?? 0
      if (bytes > this.#options.maxBytes) await rm(name, { force: true })
    }
  }

  async #writeSome() {
    const file = this.#file as FileHandle
    const before = this.#size
    const lines = this.#takeWaiting(this.#isDevice ? BATCH : Math.min(BATCH, this.#most - before))
    const bytes = Buffer.concat(lines)
    try {
      for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten
      if (!this.#isDevice) this.#size = before + bytes.length
    } catch (error) {
      this.#drop(lines.length)
      if (!this.#isDevice) await file.truncate(before).catch(() => {}) // no half lines
      throw error
    }
  }

  /** The first of the lines that wait, and as many more as fit. */
  #takeWaiting(most: number): Buffer[] {
    let bytes = 0
    let count = 0
    for (const line of this.#waiting) {
      if (count > 0 && bytes + line.length > most) break
      bytes += line.length
      count += 1
    }
    this.#waitingBytes -= bytes
    return this.#waiting.splice(0, count)
  }

  #drop(lines: number) {
    this.#dropped += lines
    this.#droppedNow += lines
  }

  #works() {
    const dropped = this.#droppedNow
    this.#droppedNow = 0
    const before = this.#trouble
    this.#trouble = null
    if (before !== null || dropped > 0) this.#options.onTrouble(null, dropped)
  }

  async #fails(why: string) {
    this.#tell(why)
    this.#retryAt = performance.now() + RETRY_MS
    await this.#closeFile()
  }

  /** Once, until lines are taken again. */
  #tell(why: string) {
    const isNew = this.#trouble === null
    this.#trouble = why
    if (isNew) this.#options.onTrouble(why, this.#droppedNow)
  }

  async #pause(ms: number) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wakeUp = resolve
    const timer = setTimeout(resolve, ms).unref()
    await promise
    clearTimeout(timer)
  }

  async #closeFile() {
    const file = this.#file
    this.#file = null
    await file?.close().catch(() => {})
  }
}

function nameOf(path: string, age: number): string {
  return age === 0 ? path : `${path}.${age}`
}

function unlessMissing(error: NodeJS.ErrnoException) {
  if (error.code !== 'ENOENT') throw error
}
