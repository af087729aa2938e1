import { join } from 'node:path'
import { FrameStore, type StoredFrame } from '../src/database/frames/frame-store.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { Retention } from '../src/retention/retention.ts'

/**
 * Lets everything but the kept frames go, and prints a line at each step. After so many it goes no further and waits to
 * be killed; it ends where there are not so many: `node retention-child.ts FOLDER STEPS`.
 */

const [, , folder = '', steps = ''] = process.argv
let done = 0
async function step(what: string) {
  process.stdout.write(`${what}\n`)
  done += 1
  if (done === Number(steps)) await new Promise((resolve) => setTimeout(resolve, 3_600_000))
}

const database = await openStateDatabase(folder)
const frames = await FrameStore.open(join(folder, 'frames'), () => {})
const { keep, drop, clearGone } = frames
// One at a time, so that it can be killed between any two.
frames.keep = async (file, ids) => {
  for (const id of ids) {
    await keep.call(frames, file, [id])
    await step(`kept ${id.capturedAt}`)
  }
}
frames.drop = async (file) => {
  const dropped = await drop.call(frames, file)
  await step('out of sight')
  return dropped
}
frames.clearGone = async () => {
  await step('before its room goes back')
  await clearGone.call(frames)
  await step('after')
}

/** What the recorder does. */
async function skip(waiting: StoredFrame[]) {
  await step('before it is skipped')
  for (const { camera, capturedAt: captured_at, size, sha256, storedAt: stored_at } of waiting) {
    const times = { received_at: 1, stored_at, classified_at: null, recorded_at: Date.now() }
    await database.write
      .insertInto('frames')
      .values({ camera, captured_at, ...times, size, sha256, outcome: 'skipped', code: null, late: 0 })
      .onConflict((clash) => clash.doNothing())
      .execute()
  }
  await step('recorded as skipped')
  await frames.finish(waiting)
  await step('skipped')
}

const NEVER = Number.MAX_SAFE_INTEGER
const retention = new Retention({
  database,
  frames,
  dataDir: folder,
  limits: {
    ageMs: NEVER,
    bytes: 1,
    freeBytes: 0,
    tightBytes: 0,
    ballastBytes: 0,
    rowsAgeMs: NEVER,
    hoursAgeMs: NEVER,
    rowsBytes: NEVER,
  },
  log: { info: () => {}, warn: () => {}, error: () => {} },
  now: () => Date.now(),
  monotonic: () => performance.now(),
  disk: async () => ({ totalBytes: 1e9, freeBytes: 1e9 }),
  skip,
  isBeingDeleted: () => false,
  onAlarm: () => {},
})
await retention.sweep()
await retention.close()
await frames.close()
await database.close()
