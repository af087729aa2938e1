import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { BackupSummary } from '../src/backup/backup-folder.ts'
import { lastDue, nextDue } from '../src/backup/next-night.ts'
import { Nightly } from '../src/backup/nightly.ts'
import type { JobRow } from '../src/database/schema.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { temporaryFolder } from './temporary-folder.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** 03:15 */
const AT = 195

/** A server that began today, and a clock that the test moves. */
async function nights({ at = AT as number | null } = {}) {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  const asked: string[] = []
  const backups: BackupSummary[] = []
  const world = { now: Date.now() }
  const faults = { list: null as Error | null }
  const list = async () => {
    if (faults.list) throw faults.list
    return backups
  }
  const nightly = new Nightly({
    ...{ database, at, now: () => world.now, list, log: { warn: () => {} } as never },
    createJob: async (params, { onceKey = null }) => {
      asked.push(onceKey ?? '')
      await addJob('queued', { onceKey, params })
      return {} as JobRow
    },
  })
  async function addJob(
    state: JobRow['state'],
    { onceKey = null as string | null, params = {}, error = null as object | null } = {},
  ) {
    const row = {
      ...{ id: `job-${Math.random()}`, kind: 'backup', state, progress: 0, params_json: JSON.stringify(params) },
      ...{ created_at: world.now, starts: 0, once_key: onceKey, error_json: error && JSON.stringify(error) },
    }
    await database.write.insertInto('jobs').values(row).execute()
  }
  const add = (at: number, kind: BackupSummary['kind'], complete = true) =>
    backups.unshift({ name: `ajar-${at}`, at, bytes: 1, frames: 1, models: 1, complete, kind })
  return { nightly, world, faults, asked, add, addJob, database }
}

describe('each night', () => {
  test('one backup, and none on the day of the first start', async () => {
    const { nightly, world, asked } = await nights()
    await nightly.look()
    expect(asked).toEqual([])
    world.now = nightly.nextAt ?? 0
    for (let looks = 0; looks < 3; looks++) await nightly.look()
    expect(asked).toHaveLength(1)
    world.now += 12 * HOUR
    await nightly.look()
    expect(asked).toHaveLength(1)
    world.now = nightly.nextAt ?? 0
    await nightly.look()
    expect(new Set(asked).size).toBe(2)
  })

  test('what a machine slept through is made up for once', async () => {
    const { nightly, world, asked } = await nights()
    world.now += 5 * DAY
    await nightly.look()
    await nightly.look()
    expect(asked).toHaveLength(1)
  })

  test('a clock that is set back asks for no second one of a day', async () => {
    const { nightly, world, asked } = await nights()
    world.now = nightly.nextAt ?? 0
    await nightly.look()
    const due = world.now
    world.now = due - HOUR
    await nightly.look()
    world.now = due + HOUR
    await nightly.look()
    expect(asked).toHaveLength(1)
  })

  test('none where it is off', async () => {
    const { nightly, world, asked } = await nights({ at: null })
    world.now += 5 * DAY
    await nightly.look()
    expect([asked, nightly.nextAt]).toEqual([[], null])
    expect(nightly.health).toMatchObject({ level: 'ok' })
  })

  test('by the clock of this machine, also where clocks change', () => {
    const noon = new Date(2026, 9, 25, 12, 0).getTime()
    for (const time of [noon, noon + 12.5 * HOUR, new Date(2026, 2, 29, 3, 15).getTime()]) {
      const [last, next] = [lastDue(AT, time), nextDue(AT, time)]
      expect(last).toBeLessThanOrEqual(time)
      expect(next).toBeGreaterThan(time)
      for (const due of [last, next]) expect([new Date(due).getHours(), new Date(due).getMinutes()]).toEqual([3, 15])
    }
  })
})

describe('health', () => {
  test('says that the last one failed, until one goes well', async () => {
    const { nightly, addJob, world } = await nights()
    await addJob('failed', { error: { code: 'no_room', message: 'the disk lacks 5 MB' } })
    await nightly.look()
    expect(nightly.hasFailed).toBe(true)
    expect(nightly.health).toEqual({
      name: 'backup',
      level: 'warn',
      text: 'the last backup failed: the disk lacks 5 MB',
    })
    world.now += 1
    await addJob('done')
    await nightly.look()
    expect(nightly.hasFailed).toBe(false)
    expect(nightly.health).toMatchObject({ level: 'ok' })
  })

  test('says nothing more of one that failed once the command has made a newer one', async () => {
    const { nightly, addJob, world, add } = await nights()
    add(world.now - HOUR, 'asked')
    await addJob('failed', { error: { code: 'no_room', message: 'the disk lacks 5 MB' } })
    await nightly.look()
    expect(nightly.health).toMatchObject({ level: 'warn' })
    add(world.now + HOUR, 'asked')
    await nightly.look()
    expect(nightly.health, 'it lies ahead of the clock').toMatchObject({ level: 'warn' })
    world.now += HOUR
    await nightly.look()
    expect(nightly.health).toMatchObject({ level: 'ok' })
  })

  test('takes none for the newest that was made under a clock that was ahead', async () => {
    const { nightly, world, add } = await nights()
    add(world.now, 'nightly')
    add(world.now + 90 * DAY, 'nightly')
    world.now += 2.1 * DAY
    await nightly.look()
    expect(nightly.health).toMatchObject({ level: 'warn', text: expect.stringContaining('although one is made') })
  })

  test('says that there was none for two days', async () => {
    const { nightly, world, add } = await nights()
    await nightly.look()
    expect(nightly.health).toMatchObject({ level: 'ok' })
    world.now += 2.1 * DAY
    await nightly.look()
    expect(nightly.health).toMatchObject({ level: 'warn', text: expect.stringContaining('there is no backup') })
    add(world.now - HOUR, 'asked', false)
    await nightly.look()
    expect(nightly.health).toMatchObject({ level: 'warn' })
    expect(world.now - (nightly.since ?? 0), 'that of the data folder').toBeGreaterThan(2 * DAY)
    add(world.now - HOUR, 'nightly')
    await nightly.look()
    expect(nightly.health).toMatchObject({ level: 'ok' })
    expect(nightly.since).toBe(world.now - HOUR)
  })

  test('says that backups cannot be looked at', async () => {
    const { nightly, faults } = await nights()
    onTestFinished(() => nightly.close())
    faults.list = new Error('EIO')
    nightly.start()
    await vi.waitFor(() =>
      expect(nightly.health).toMatchObject({
        level: 'warn',
        text: expect.stringContaining('cannot be looked at: EIO'),
      }),
    )
  })
})
