import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DroppedFile, FrameStore, StoredFrame } from '../database/frames/frame-store.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Log } from '../logging/levels.ts'
import { Ballast } from './ballast.ts'
import { BelievedClock } from './believed-clock.ts'
import { clearFile } from './clear-file.ts'
import type { Disk, Limits } from './limits.ts'
import { nextToGo } from './next-to-go.ts'
import { OldRows } from './old-rows.ts'
import { releaseKept } from './release-kept.ts'
import { type StorageState, storageOf } from './storage.ts'
import { type StorageAlarm, StorageAlarms } from './storage-alarms.ts'

export interface RetentionPorts {
  database: StateDatabase
  frames: FrameStore
  dataDir: string
  limits: Limits
  /** Milliseconds UTC. */
  now(): number
  /** Milliseconds since some fixed moment; never jumps. */
  monotonic(): number
  disk(): Promise<Disk>
  /** Ends frames that wait for the pipeline as skipped; durable when it resolves. */
  skip(frames: StoredFrame[]): Promise<void>
  /** Whether the camera's frames are on their way out anyhow. */
  isBeingDeleted(camera: string): boolean
  /** Told of each alarm that begins, gets worse or better, or ends. */
  onAlarm(alarm: StorageAlarm): void
  log: Pick<Log, 'info' | 'warn' | 'error'>
}

const SWEEP_MS = 1000
/** Megabytes that are copied in a sweep. */
const SHRINK_SLICES = 8
const RELEASE_MS = 3_600_000
const CLOSE_LIMIT_MS = 5000
const FULL = 'the disk is full'

/**
 * Keeps what frames take on the disk within its limits (guarantees 2 and 10). The oldest file of frames goes when all
 * in it are too old, all files together take too much, or the disk has too little room; kept frames stay.
 */
export class Retention {
  readonly #ports: RetentionPorts
  readonly #ballast: Ballast
  #sweeping: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | null = null
  #isHolding = false
  #isTroubled = false
  #isClosing = false
  #dropped: DroppedFile = { frames: 0, bytes: 0 }
  /** Where the look for kept frames that need not be kept goes on, and when the next one begins. */
  #release = { afterRow: 0, dueAt: Number.NEGATIVE_INFINITY }
  readonly #clock: BelievedClock
  readonly #oldRows: OldRows
  readonly #alarms: StorageAlarms
  #storage: StorageState | null = null

  constructor(ports: RetentionPorts) {
    this.#ports = ports
    this.#ballast = new Ballast(join(ports.dataDir, 'ballast.bin'), ports.limits.ballastBytes)
    this.#clock = new BelievedClock(ports)
    this.#oldRows = new OldRows({ ...ports, now: () => this.#clock.time })
    this.#alarms = new StorageAlarms(ports.log, ports.onAlarm)
  }

  /** Looks at the disk, and sweeps from then on; @param sweeps false: it does no more than look */
  async start(sweeps = true) {
    await this.#lookAtClock()
    await this.#look()
    if (!sweeps) return
    this.#arrange()
    this.#oldRows.start()
  }

  /** What is stored and what is free, as of the last look; null before the first. */
  get storage(): StorageState | null {
    return this.#storage
  }

  /** The time, milliseconds UTC, as far as the machine's clock is believed. */
  get believedTime(): number {
    return this.#clock.time
  }

  /** What is wrong with the storage, or that nothing is. */
  get alarms(): StorageAlarm[] {
    return this.#alarms.standing
  }

  /** The time by which what is old goes, milliseconds UTC. */
  get believed(): number {
    return this.#clock.time
  }

  /** Lets go what has to go; resolves when that is done. One sweep after the other. */
  sweep(): Promise<void> {
    this.#sweeping = this.#sweeping.then(() => this.#sweep())
    return this.#sweeping
  }

  /** What is under way is done first, unless the disk refuses it: then the next start goes on. */
  async close() {
    this.#isClosing = true
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    const limit = new AbortController()
    await Promise.race([this.#sweeping, sleep(CLOSE_LIMIT_MS, null, { signal: limit.signal }).catch(() => {})])
    limit.abort()
    await this.#oldRows.close()
  }

  #arrange() {
    this.#timer = setTimeout(async () => {
      await this.sweep()
      if (this.#timer) this.#arrange()
    }, SWEEP_MS)
  }

  async #sweep() {
    try {
      await this.#makeRoom()
      await this.#lookAtClock()
      await this.#clear()
      await this.#holdOrGoOn()
      await this.#releaseSome()
      await this.#shrinkSome()
      await this.#look()
      this.#isTroubled = false
    } catch (error) {
      if (!this.#isTroubled && !this.#isClosing)
        this.#ports.log.error({ err: error }, 'old frames cannot go; trying again')
      this.#isTroubled = true
    }
  }

  /** On a full disk nothing can be written, not even what has to be before frames may go: the ballast makes room for it. */
  async #makeRoom() {
    const { frames, limits, disk } = this.#ports
    const isFull = /disk is full/.test(frames.held ?? '') || (await disk()).freeBytes < limits.tightBytes
    if (!isFull || this.#isHolding) return
    await frames.hold(FULL) // else the next frames would take the room
    this.#isHolding = true
    await this.#ballast.giveUp()
  }

  /** After a start as much is believed as makes the oldest file too old: the next one follows it later. */
  async #lookAtClock() {
    const { frames, limits } = this.#ports
    const stored = (await frames.files()).map(({ storedTo }) => storedTo).filter((time) => time !== null)
    this.#clock.look(stored.length > 0 ? Math.min(...stored) + limits.ageMs + 1 : null)
  }

  async #clear() {
    const { frames, limits, disk, log } = this.#ports
    const { freeBytes } = await disk()
    let cleared = 0
    while (!this.#isClosing) {
      // Whoever still reads a file that went has its room for a moment longer: it counts as free.
      const next = nextToGo(await frames.files(), freeBytes + cleared, limits, this.#clock.time)
      if (!next) return
      const { file, reason } = next
      if (file.role === 'current') {
        // Frames came in since it was described: what is full now does not change any more.
        await frames.rotate()
        continue
      }
      const dropped = await clearFile(file, this.#ports)
      if (!dropped) return
      cleared += dropped.bytes
      this.#dropped = { frames: this.#dropped.frames + dropped.frames, bytes: this.#dropped.bytes + dropped.bytes }
      log.info({ file: file.name, reason, ...dropped }, 'the oldest frames went')
    }
  }

  /** Frames are held until there is room for the ballast and as much again, so that the disk is not full at once. */
  async #holdOrGoOn() {
    const { frames, limits, disk } = this.#ports
    const missing = limits.ballastBytes - (await this.#ballast.size())
    if (missing <= 0 && !this.#isHolding) return
    if ((await disk()).freeBytes < missing + limits.ballastBytes) return
    await this.#ballast.takeRoom()
    if (this.#isHolding) await frames.hold(null)
    this.#isHolding = false
  }

  async #releaseSome() {
    const { monotonic } = this.#ports
    if (monotonic() < this.#release.dueAt) return
    const next = await releaseKept(this.#ports, this.#release.afterRow)
    this.#release =
      next === null ? { afterRow: 0, dueAt: monotonic() + RELEASE_MS } : { ...this.#release, afterRow: next }
  }

  /** A copy takes room before it gives room back. */
  async #shrinkSome() {
    const { frames, limits, disk } = this.#ports
    if (this.#isHolding || (await disk()).freeBytes - (this.#storage?.keptBytes ?? 0) < limits.freeBytes / 2) return
    for (let slices = 0; slices < SHRINK_SLICES && !this.#isClosing; slices++) if (!(await frames.shrinkKept())) return
  }

  async #look() {
    const { frames, limits, disk, dataDir } = this.#ports
    const [files, space] = [await frames.files(), await disk()]
    this.#storage = storageOf(files, space, limits, {
      prunedFrames: this.#dropped.frames,
      prunedBytes: this.#dropped.bytes,
      stateBytes: await sizeOf(join(dataDir, 'state.db')),
      walBytes: await sizeOf(join(dataDir, 'state.db-wal')),
    })
    this.#alarms.look(this.#storage, this.#clock.step ?? this.#clock.setBack)
  }
}

/** @returns 0 where there is no such file */
async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0
}
