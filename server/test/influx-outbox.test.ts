import { expect, onTestFinished, test } from 'vitest'
import { openStateDatabase } from '../src/database/state-database.ts'
import { InTurn } from '../src/in-turn.ts'
import { InfluxConnection } from '../src/record/influx/connection.ts'
import { InfluxSink } from '../src/record/influx/sink.ts'
import { Targets } from '../src/record/influx/targets.ts'
import { Writer } from '../src/record/influx/writer.ts'
import { until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('the outbox is bounded: the oldest points are dropped, counted and known to be missing', async () => {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  // Points come as they are recorded, and late ones are older than those before them.
  const point = { measurement: 'reading', tags: { device: 'pi' } }
  const rows = Array.from({ length: 25 }, (_, i) => ({
    point_json: JSON.stringify({ ...point, fields: { value: i }, timestamp: 1000 - i }),
  }))
  await database.write.insertInto('influx_outbox').values(rows).execute()
  let dropped = 0
  // Port 9 (discard) answers nobody here.
  const connection = new InfluxConnection({ url: new URL('http://127.0.0.1:9/ajar'), token: null })
  const targets = new Targets(database, () => 5)
  const { target } = connection
  await targets.goTo(target)
  expect(await targets.row(target)).toMatchObject({ missing_from: 0, gaps: 0, since: 5 })
  expect(await targets.filled(target, 0, 5)).toBe(true)
  const sink = new InfluxSink({
    ...{ database, target, targets, mostWaiting: 10, requests: new InTurn(1) },
    writer: new Writer(connection, async () => {}),
    onTrouble: () => {},
    onRefused: () => {},
    onDropped: (points: number) => (dropped += points),
  })
  sink.start()
  await until(async () => dropped === 15)
  expect(await sink.waiting()).toBe(10)
  connection.close()
  await sink.close()
  const [oldest] = await database.read.selectFrom('influx_outbox').selectAll().orderBy('id').limit(1).execute()
  expect(JSON.parse(oldest?.point_json ?? '')).toMatchObject({ fields: { value: 15 }, timestamp: 985 })
  expect(await targets.row(target)).toMatchObject({ missing_from: 986, gaps: 1 })
  await database.close()
})
