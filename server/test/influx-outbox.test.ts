import { expect, onTestFinished, test } from 'vitest'
import { openStateDatabase } from '../src/database/state-database.ts'
import { InfluxSink } from '../src/record/influx/sink.ts'
import { until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('the outbox is bounded: the oldest points are dropped and counted while nobody takes them', async () => {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  const rows = Array.from({ length: 25 }, (_, i) => ({ point_json: JSON.stringify({ i }) }))
  await database.write.insertInto('influx_outbox').values(rows).execute()
  let dropped = 0
  const ports = { onTrouble: () => {}, onRefused: () => {}, onDropped: (points: number) => (dropped += points) }
  // Port 9 (discard) answers nobody here.
  const sink = new InfluxSink(database, new URL('http://127.0.0.1:9/ajar'), ports, 10)
  sink.start()
  await until(async () => dropped === 15)
  expect(await sink.waiting()).toBe(10)
  await sink.close()
  const [oldest] = await database.read.selectFrom('influx_outbox').selectAll().orderBy('id').limit(1).execute()
  expect(JSON.parse(oldest?.point_json ?? '')).toEqual({ i: 15 })
  await database.close()
})
