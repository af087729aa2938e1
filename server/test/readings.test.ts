import { expect, onTestFinished, test, vi } from 'vitest'
import { openStateDatabase } from '../src/database/state-database.ts'
import { recordReading } from '../src/record/readings.ts'
import { temporaryFolder } from './temporary-folder.ts'

async function start(folder?: string) {
  const place = folder ?? (await temporaryFolder(onTestFinished))
  const database = await openStateDatabase(place)
  onTestFinished(() => database.close())
  const record = (value: unknown, time: string | null = null, sensor = 'door') =>
    recordReading(database, { device: 'pi', sensor, time, payload: Buffer.from(JSON.stringify({ value })) })
  const stored = () =>
    database.read.selectFrom('readings').select(['sensor', 'at', 'value_json']).orderBy('at').execute()
  return { folder: place, database, record, stored }
}

test('readings without a time are all kept, in the order in which they came', async () => {
  const { record, stored } = await start()
  const values = Array.from({ length: 200 }, (_, i) => i)
  expect(await Promise.all(values.map((value) => record(value)))).toEqual(values.map(() => null))
  expect((await stored()).map(({ value_json }) => Number(value_json))).toEqual(values)
})

test('minted times go on rising after a start with a clock that was set back, and each sensor has its own', async () => {
  const first = await start()
  await first.record(1)
  const [{ at } = { at: 0 }] = await first.stored()
  await first.database.close()
  vi.spyOn(Date, 'now').mockReturnValue(at - 5000)
  onTestFinished(() => void vi.restoreAllMocks())
  const second = await start(first.folder)
  await second.record(2)
  await second.record(3, null, 'window')
  expect(await second.stored()).toEqual([
    { sensor: 'window', at: at - 5000, value_json: '3' },
    { sensor: 'door', at, value_json: '1' },
    { sensor: 'door', at: at + 1, value_json: '2' },
  ])
})

test('a reading sent again with its time changes nothing', async () => {
  const { record, stored } = await start()
  const time = String(Date.now())
  await record(1, time)
  expect(await record(2, time)).toBeNull()
  expect(await stored()).toEqual([{ sensor: 'door', at: Number(time), value_json: '1' }])
})

test('a reading of a time that cannot be right is refused', async () => {
  const { record, stored } = await start()
  for (const time of ['9007199254740991', '8640000000000001', '0', String(Date.now() + 3_600_000)])
    expect(await record(1, time)).toMatch(/time/)
  expect(await stored()).toEqual([])
})
