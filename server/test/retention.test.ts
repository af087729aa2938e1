import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CAMERA, DAY, FRAME_BYTES, MB, Stored } from './stored.ts'

const SIX = [1, 2, 3, 4, 5, 6]

describe('what goes', () => {
  test('nothing within the limits', async () => {
    const stored = await Stored.open()
    await stored.put(SIX)
    await stored.retention.sweep()
    expect(await stored.left(SIX)).toEqual(SIX)
    expect(stored.retention.storage).toMatchObject({ prunedFrames: 0, oldestAt: 1, keptBytes: 0 })
  })

  test('the oldest files where all take too much, and no more than that; the disk has its room back', async () => {
    const stored = await Stored.open({ bytes: 1.2 * MB })
    await stored.put(SIX)
    expect(stored.bytes).toBeGreaterThan(1.2 * MB)
    await stored.retention.sweep()
    expect(stored.bytes).toBeLessThanOrEqual(1.2 * MB)
    expect(stored.bytes).toBeGreaterThan(0.6 * MB)
    expect(await stored.left(SIX)).toEqual([3, 4, 5, 6])
    expect(stored.retention.storage).toMatchObject({ prunedFrames: 2, oldestAt: 3, bytes: stored.bytes })
    expect(readdirSync(join(stored.folder, 'frames')).filter((name) => /gone$/.test(name))).toEqual([])
  })

  test('files all of whose frames were stored too long ago, also the one that took the last frame', async () => {
    const stored = await Stored.open()
    await stored.put([1, 2])
    stored.later = 14 * DAY - 60_000
    await stored.retention.sweep()
    expect(await stored.left([1, 2])).toEqual([1, 2])
    stored.later = 14 * DAY + 60_000
    await stored.retention.sweep()
    expect(await stored.left([1, 2])).toEqual([])
    await stored.put([3])
    expect(await stored.left([3])).toEqual([3])
  })

  test('nothing for a clock that went ahead at once, which is told of', async () => {
    const stored = await Stored.open()
    await stored.put(SIX)
    await stored.retention.sweep()
    stored.ahead = 400 * DAY
    await stored.retention.sweep()
    expect(await stored.left(SIX)).toEqual(SIX)
    const alarm = expect.objectContaining({
      name: 'clock',
      level: 'warn',
      text: expect.stringMatching(/9600\.0 hours/),
    })
    expect(stored.retention.alarms).toContainEqual(alarm)
    stored.ahead = 0
    await stored.retention.sweep()
    expect(stored.retention.alarms).not.toContainEqual(alarm)
  })

  test('one file in an hour after a start whose clock says that all of them are too old', async () => {
    const before = await Stored.open()
    await before.put(SIX)
    await before.close()
    before.files.sort().forEach((name, day) => {
      before.inFile(name, `update frames set stored_at = ${Date.UTC(2026, 1, day + 1)}`)
    })
    const stored = await Stored.open({}, before.folder)
    await stored.retention.sweep()
    expect(await stored.left(SIX)).toEqual([3, 4, 5, 6])
    await stored.retention.sweep()
    expect(await stored.left(SIX)).toEqual([3, 4, 5, 6])
    stored.later = 3_600_000
    await stored.retention.sweep()
    expect(await stored.left(SIX)).toEqual([5, 6])
  })

  test('no file for the age of a frame that was stored under a clock set back', async () => {
    const stored = await Stored.open()
    await stored.put([1, 2])
    await stored.close()
    const [name = ''] = stored.files
    stored.inFile(name, 'update frames set stored_at = 1000 where captured_at = 2')
    const again = await Stored.open({}, stored.folder)
    await again.retention.sweep()
    expect(await again.left([1, 2])).toEqual([1, 2])
    expect(again.retention.storage?.storedSince).toBeGreaterThan(1000)
    again.later = 15 * DAY
    await again.retention.sweep()
    expect(await again.left([1, 2])).toEqual([])
  })

  test('the oldest where the disk has too little room, but never the file that takes new frames', async () => {
    const stored = await Stored.open()
    await stored.put(SIX)
    stored.disk.freeBytes = 500 * MB - 300_000 // one file is enough, also while a reader still has it open
    await stored.retention.sweep()
    expect(await stored.left(SIX)).toEqual([3, 4, 5, 6])
    stored.disk.freeBytes = 100 * MB
    await stored.retention.sweep()
    expect(await stored.left(SIX)).toEqual([5, 6])
    expect(stored.retention.alarms).toContainEqual(
      expect.objectContaining({
        name: 'storage',
        level: 'warn',
        text: expect.stringMatching(/only 100 MB.*make room/),
      }),
    )
  })

  test('the file that takes new frames where it alone takes more than all may', async () => {
    const stored = await Stored.open({ bytes: 0.25 * MB })
    await stored.put([1, 2])
    await stored.retention.sweep()
    expect(await stored.left([1, 2])).toEqual([])
  })

  test('frames that wait for the pipeline are skipped first; of a camera that is being deleted nobody asks', async () => {
    const stored = await Stored.open({ bytes: 0.7 * MB })
    await stored.put([1, 2], { pending: true })
    await stored.put([1, 2], { pending: true, camera: 'pi/deleted' })
    await stored.put([3, 4], { pending: true })
    await stored.retention.sweep()
    expect(stored.skipped.map(({ camera, capturedAt }) => `${camera}/${capturedAt}`)).toEqual(['pi/cam/1', 'pi/cam/2'])
    expect((await stored.frames.pending(CAMERA, 100, 100)).map(({ capturedAt }) => capturedAt)).toEqual([4, 3])
  })
})

describe('what stays', () => {
  test('labelled frames, also those that another camera borrowed, and those of transitions, with their bytes', async () => {
    const stored = await Stored.open({ bytes: 1 * MB })
    await stored.put([...SIX, 7, 8])
    await stored.label(1)
    const borrowed = { camera: 'pi/other', source: CAMERA, captured_at: 2, state: 'open', author: 'test' }
    await stored.database.write
      .insertInto('borrowed_labels')
      .values({ ...borrowed, borrowed_at: 1 })
      .execute()
    const transition = { camera: CAMERA, at: 4, from_state: 'a', to_state: 'b', frame_at: 4 }
    const more = { reason: null, confidence: null, model: null }
    await stored.database.write
      .insertInto('transitions')
      .values({ ...transition, ...more })
      .execute()
    await stored.retention.sweep()
    const left = await stored.left([...SIX, 7, 8])
    expect(left).toEqual(expect.arrayContaining([1, 2, 4, 7, 8]))
    expect(left).not.toContain(3)
    expect(stored.files).toContain('kept.db')
    expect(stored.retention.storage?.keptBytes).toBeGreaterThan(3 * FRAME_BYTES)
  })

  test('what is unclear, but not what is to be ignored', async () => {
    const stored = await Stored.open({ bytes: 1 * MB })
    await stored.put([...SIX, 7, 8])
    await stored.label(1, 'unclear')
    await stored.label(2, 'ignore')
    await stored.retention.sweep()
    expect(await stored.left([1, 2, 3])).toEqual([1])
  })

  test('what is labelled while its file is being cleared', async () => {
    const stored = await Stored.open({ bytes: 0.7 * MB })
    await stored.put([1, 2], { pending: true })
    await stored.put([3, 4])
    // Nobody has seen that label when the frames to keep were looked for first.
    stored.meanwhile = async () => {
      const { keep } = stored.frames
      stored.frames.keep = async (file, frames) => {
        await keep.call(stored.frames, file, frames)
        stored.frames.keep = keep
        await stored.label(2)
      }
    }
    await stored.retention.sweep()
    expect(await stored.left([1, 2, 3, 4])).toEqual([2, 3, 4])
  })

  test('what comes in while the file that takes new frames is about to go', async () => {
    const stored = await Stored.open({ bytes: 0.25 * MB })
    await stored.put([1, 2])
    const { rotate } = stored.frames
    stored.frames.rotate = async () => {
      await stored.put([3])
      await stored.label(3)
      await rotate.call(stored.frames)
    }
    await stored.retention.sweep()
    expect(await stored.left([1, 2, 3])).toEqual([3])
  })

  test('everything while a camera is half renamed: its labels do not find its frames, and none is ended', async () => {
    const stored = await Stored.open({ bytes: 0.7 * MB })
    await stored.put([1], { pending: true })
    await stored.put([2, 3, 4])
    await stored.label(1)
    const { write } = stored.database
    const renaming = { from_camera: CAMERA, to_camera: 'pi/new', author: 'test', at: 1 }
    await write.insertInto('camera_renames').values(renaming).execute()
    await stored.frames.rename(CAMERA, 'pi/new')
    await stored.retention.sweep()
    expect(stored.skipped).toEqual([])
    await write.updateTable('labels').set({ camera: 'pi/new' }).execute()
    await write.deleteFrom('camera_renames').execute()
    await stored.retention.sweep()
    expect(await stored.left([1, 2, 3, 4], 'pi/new')).toEqual([1, 3, 4])
  })

  test('a frame whose label was taken back goes when it is looked for', async () => {
    const stored = await Stored.open({ bytes: 0.7 * MB })
    await stored.put([1, 2, 3, 4])
    await stored.label(1)
    await stored.label(2)
    await stored.retention.sweep()
    expect(await stored.left([1, 2])).toEqual([1, 2])
    await stored.database.write.deleteFrom('labels').where('captured_at', '=', 1).execute()
    stored.later = 3_700_000
    await stored.retention.sweep()
    expect(await stored.left([1, 2])).toEqual([2])
  })

  test('kept frames that fill the share are told of, once for each level', async () => {
    const stored = await Stored.open({ bytes: 1 * MB })
    await stored.put([...SIX, 7, 8])
    for (const time of [1, 2, 3, 4, 5, 6]) await stored.label(time)
    await stored.retention.sweep()
    await stored.retention.sweep()
    expect(stored.retention.alarms).toContainEqual(
      expect.objectContaining({ level: 'error', text: expect.stringMatching(/kept frames.*AJAR_RETAIN_BYTES/) }),
    )
    expect(stored.said.filter((line) => line.startsWith('error'))).toHaveLength(1)
    expect(stored.alarms).toEqual(['storage error'])
    expect(await stored.left([...SIX, 7, 8])).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })
})

describe('a full disk', () => {
  test('the ballast is given up, frames are held, the oldest go, and frames are taken again', async () => {
    const stored = await Stored.open()
    const ballast = join(stored.folder, 'ballast.bin')
    await stored.put(SIX)
    await stored.retention.sweep()
    expect(statSync(ballast).size).toBe(3 * MB)
    stored.disk.freeBytes = 1 * MB
    await stored.retention.sweep()
    expect(existsSync(ballast)).toBe(false)
    expect(stored.frames.held).toBe('the disk is full')
    expect(await stored.left(SIX)).toEqual([5, 6])
    const waits = stored.put([7])
    stored.disk.freeBytes = 5 * MB // less than the ballast and as much again
    await stored.retention.sweep()
    expect(stored.frames.held).not.toBeNull()
    stored.disk.freeBytes = 600 * MB
    await stored.retention.sweep()
    await waits
    expect(stored.frames.held).toBeNull()
    expect(statSync(ballast).size).toBe(3 * MB)
    expect(await stored.left([7])).toEqual([7])
  })
})
