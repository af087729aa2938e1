import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { openStateDatabase } from '../src/database/state-database.ts'
import { firstOfEach } from '../src/observe/first-of-each.ts'
import { CAMERA, FIRST, insertResults, MINUTE, random, result, timesFrom } from './past.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('the first results of each part of a span, by steps from one to the next', async () => {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  const next = random(6)
  const times = timesFrom(FIRST, 4000, 7000, next)
  await insertResults(
    database,
    times.map((at) => result(at, next)),
  )
  const { read } = database
  for (const every of [1, 999, MINUTE, 60 * MINUTE]) {
    const [from, to, limit] = [FIRST + 100_000, (times.at(-1) ?? 0) - 100_000, 700]
    const { rows } = await sql<{
      at: number | null
    }>`select * from ${firstOfEach(CAMERA, { from, to, every, limit })}`.execute(read)
    const within = times.filter((at) => at >= from && at < to)
    const firsts = [...Map.groupBy(within, (at) => Math.floor(at / every)).values()].map(([at]) => at)
    expect(rows.map(({ at }) => at).filter((at) => at !== null)).toEqual(firsts.slice(0, limit))
  }
  const { rows } = await sql<{ detail: string }>`explain query plan
    select * from results where camera = ${CAMERA} and captured_at in ${firstOfEach(CAMERA, { from: 0, to: 1, every: 1, limit: 1 })}`.execute(
    read,
  )
  const looks = rows.map(({ detail }) => detail).filter((detail) => /results/.test(detail))
  expect(looks).toHaveLength(3)
  for (const look of looks) expect(look).toMatch(/^SEARCH results USING PRIMARY KEY \(camera=\? AND captured_at[=>]/)
})
