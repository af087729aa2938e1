import { expect, onTestFinished, test, vi } from 'vitest'
import { Events } from '../src/database/events.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { SensorRemoval } from '../src/record/sensor-removal.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Sensors of the device `pi` with so many readings each. */
async function start(readings: Record<string, number>) {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  const { read, write } = database
  for (const [sensor, count] of Object.entries(readings)) {
    const known = { device: 'pi', name: sensor, last_at: count, last_value_json: '1' }
    await write.insertInto('sensors').values(known).execute()
    for (let from = 0; from < count; from += 1000) {
      const rows = Array.from({ length: Math.min(1000, count - from) }, (_, i) => from + i + 1)
      await write
        .insertInto('readings')
        .values(rows.map((at) => ({ device: 'pi', sensor, at, received_at: at, value_json: '1' })))
        .execute()
    }
  }
  const events = new Events()
  const told: unknown[] = []
  events.subscribe((rows) => told.push(...rows.map(({ kind, data_json }) => [kind, JSON.parse(data_json)])))
  const log = { info: vi.fn(), warn: vi.fn() }
  const removal = new SensorRemoval({ database, events, log })
  onTestFinished(() => removal.close())
  const left = async () => {
    const counts: Record<string, number> = {}
    for (const { name } of await read.selectFrom('sensors').select('name').execute()) counts[name] = 0
    for (const { sensor } of await read.selectFrom('readings').select('sensor').execute())
      counts[sensor] = (counts[sensor] ?? 0) + 1
    return counts
  }
  return { database, removal, told, log, left }
}

test.each([0, 1, 499, 500, 501, 2600])('a sensor goes with its %i readings, and no other does', async (count) => {
  const { removal, told, log, left } = await start({ old: count, other: 3 })
  await removal.remove('pi', 'old', 'ann')
  expect(await left()).toEqual({ other: 3 })
  expect(told).toEqual([['sensor', { device: 'pi', sensor: 'old', change: 'removed' }]])
  expect(log.info).toHaveBeenCalledExactlyOnceWith(
    { by: 'ann', device: 'pi', sensor: 'old', readings: count },
    'sensor removed',
  )
})

test('one that is not there, or on another device, is not found', async () => {
  const { removal, left } = await start({ old: 1 })
  await expect(removal.remove('pi', 'none', 'ann')).rejects.toMatchObject({ status: 404 })
  await expect(removal.remove('pi-two', 'old', 'ann')).rejects.toMatchObject({ status: 404 })
  expect(await left()).toEqual({ old: 1 })
})

test('two who remove the same wait for one removal, and several go one after the other', async () => {
  const { removal, told, left } = await start({ a: 1200, b: 700, c: 1 })
  await Promise.all(['a', 'b', 'a', 'c', 'a'].map((sensor) => removal.remove('pi', sensor, 'ann')))
  expect(await left()).toEqual({})
  expect(told.map((event) => (event as [string, { sensor: string }])[1].sensor)).toEqual(['a', 'b', 'c'])
})

test('what the server closes in the middle of is there with what is left, and can be removed again', async () => {
  const { database, removal, told, log, left } = await start({ old: 5000 })
  const begin = database.write.transaction.bind(database.write)
  let slices = 0
  let closed: Promise<void> | undefined
  vi.spyOn(database.write, 'transaction').mockImplementation(() => {
    slices += 1
    if (slices === 2) closed = removal.close()
    return begin()
  })
  await expect(removal.remove('pi', 'old', 'ann')).rejects.toMatchObject({ status: 503, code: 'closing' })
  await closed
  const rest = (await left()).old ?? 0
  expect(rest).toBe(4000)
  // The oldest went: what is left says what it read last.
  const { at } = await database.read.selectFrom('readings').select('at').orderBy('at').executeTakeFirstOrThrow()
  expect(at).toBe(5000 - rest + 1)
  expect([told, log.warn.mock.calls]).toEqual([[], []])
  const again = new SensorRemoval({ database, events: new Events(), log })
  await again.remove('pi', 'old', 'ann')
  expect(await left()).toEqual({})
})
