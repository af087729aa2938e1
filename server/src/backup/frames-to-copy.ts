import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { FrameReader } from '../database/frames/frame-reader.ts'
import type { FrameId, StoredFrame } from '../database/frames/frame-store.ts'
import { KEPT } from '../database/frames/frames-files.ts'
import { STATE } from './copy-state.ts'
import type { Pace } from './pace.ts'

/** Frames looked up at once: whoever stores one meanwhile waits no longer than for these. */
const PAGE = 200

/** A frame as it goes into a backup. */
export interface FrameToCopy extends StoredFrame {
  /** It was acknowledged, and the copied state.db does not say how it ended. */
  pending: boolean
}

/** One file of a backup that holds frames, and which; asked twice, it looks again. */
export interface FramesSource {
  /** Within the backup. */
  path: string
  /** Those that are stored, in an order that stays. */
  frames(): AsyncGenerator<FrameToCopy[]>
}

/** How far each file was before state.db was copied: what came in since has no row in the copy, and is not pending for that. */
export class BeforeState {
  readonly #reader: FrameReader
  readonly #lastRows = new Map<string, number>()
  readonly #pending = new Set<string>()
  #copy: DatabaseSync | null = null

  constructor(reader: FrameReader) {
    this.#reader = reader
  }

  /** Before the copy is made. */
  look() {
    for (const file of this.#reader.dated()) {
      this.#lastRows.set(file, this.#reader.lastRow(file))
      for (let row = 0; ; ) {
        const page = this.#reader.after(file, row, PAGE, { pending: true })
        for (const frame of page) this.#pending.add(keyOf(frame))
        if (page.length < PAGE) break
        row = page.at(-1)?.row ?? row
      }
    }
  }

  /** When it is made. @param folder where it lies */
  copied(folder: string) {
    this.#copy = new DatabaseSync(join(folder, STATE), { readOnly: true })
  }

  close() {
    this.#copy?.close()
  }

  /** With whether each had not ended when state.db was copied. */
  mark(frames: StoredFrame[]): FrameToCopy[] {
    const ended = this.#copy?.prepare('select 1 from frames where camera = ? and captured_at = ?')
    return frames.map((frame) => {
      const isNew = frame.file !== KEPT && frame.row > (this.#lastRows.get(frame.file) ?? 0)
      const mayWait = isNew || this.#pending.has(keyOf(frame))
      return { ...frame, pending: mayWait && ended?.get(frame.camera, frame.capturedAt) === undefined }
    })
  }
}

/** Kept frames, wherever they lie, by the day they were captured on. */
export function keptSources(kept: FrameId[], reader: FrameReader, before: BeforeState, pace: Pace): FramesSource[] {
  const days = new Map<string, FrameId[]>()
  for (const frame of kept) {
    const day = new Date(frame.capturedAt).toISOString().slice(0, 10)
    const ofDay = days.get(day)
    if (ofDay) ofDay.push(frame)
    else days.set(day, [frame])
  }
  return [...days].sort(byName).map(([day, ofDay]) => {
    const sorted = ofDay.sort((a, b) => a.capturedAt - b.capturedAt || byName([a.camera], [b.camera]))
    return {
      path: `kept/${day}.db`,
      async *frames() {
        for (let from = 0; from < sorted.length; from += PAGE) {
          yield before.mark(inOrder(reader.described(sorted.slice(from, from + PAGE))))
          await pace.rest()
        }
      },
    }
  })
}

/** All frames that nothing keeps, each in a file of the name of the one it lies in. */
export function otherSources(kept: FrameId[], reader: FrameReader, before: BeforeState, pace: Pace): FramesSource[] {
  const keys = new Set(kept.map(keyOf))
  return reader.dated().map((file) => {
    const last = reader.lastRow(file) // what comes in from now on is for the next backup
    return {
      path: `frames/${file}`,
      async *frames() {
        for (let row = 0; row < last; ) {
          const page = reader.after(file, row, PAGE, { pending: false }).filter((frame) => frame.row <= last)
          if (page.length === 0) return
          yield before.mark(page.filter((frame) => !keys.has(keyOf(frame))))
          row = page.at(-1)?.row ?? last
          await pace.rest()
        }
      },
    }
  })
}

function inOrder(frames: StoredFrame[]): StoredFrame[] {
  return frames.sort((a, b) => a.capturedAt - b.capturedAt || byName([a.camera], [b.camera]))
}

function byName([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function keyOf({ camera, capturedAt }: FrameId): string {
  return `${camera}/${capturedAt}`
}
