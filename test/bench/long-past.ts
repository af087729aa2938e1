import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Api } from '@ajar/local'
import { type BenchServer, startBenchServer } from './peers.ts'

export const CAMERA = 'bench-pi/door'
export const APART_MS = 3000
const TOKEN = 'the-token-of-the-benchmark'
const ROWS_AT_ONCE = 500_000
const FOREVER = { AJAR_RETAIN_RESULTS_DAYS: '36500', AJAR_RETAIN_BYTES: '1TB' }

export interface Past {
  server: BenchServer
  results: number
  /** Milliseconds UTC: the first result, and a moment after the last. */
  from: number
  to: number
  /** How long the server took to roll up what it found, seconds. */
  filledIn: number
  close(): Promise<void>
}

/**
 * A server with so many results of one camera, a frame every three seconds, open for a minute in every ten, and a reading
 * beside each tenth: written into state.db as a release before rollups left it, so that the server rolls them up itself.
 */
export async function longPast(results: number): Promise<Past> {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-past-'))
  const environment = { AJAR_DATA_DIR: folder, AJAR_ADMIN_TOKEN: TOKEN, ...FOREVER }
  const start = async () => {
    const server = await startBenchServer(environment)
    return { ...server, api: new Api(server, TOKEN) }
  }
  const first = await start()
  await first.api.send('PATCH', `/api/cameras/${CAMERA}`, { states: ['closed', 'open'] })
  first.process.kill('SIGTERM')
  await first.process.ended
  await first.close()
  const to = Math.floor(Date.now() / APART_MS) * APART_MS
  const from = to - results * APART_MS
  write(join(folder, 'state.db'), from, results)
  const server = await start()
  const startedAt = performance.now()
  const state = new DatabaseSync(join(folder, 'state.db'), { readOnly: true })
  const progress = state.prepare('select unfilled_to, hours_to from history_progress where camera = ?')
  for (;;) {
    const row = progress.get(CAMERA)
    if (row?.unfilled_to === null && Number(row.hours_to) >= to - 2 * 3_600_000) break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  state.close()
  const filledIn = (performance.now() - startedAt) / 1000
  const close = async () => {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { server, results, from, to, filledIn, close }
}

function write(path: string, from: number, results: number) {
  const database = new DatabaseSync(path)
  database.exec('pragma journal_mode = wal; pragma synchronous = off')
  const triggers = database.prepare(`select name, sql from sqlite_schema where type = 'trigger'`).all()
  for (const { name } of triggers) database.exec(`drop trigger ${name}`)
  const rows = (begin: number, count: number) => `
    with recursive n(i) as (select ${begin} union all select i + 1 from n where i + 1 < ${begin + count})`
  const at = `${from} + i * ${APART_MS}`
  const state = `iif(i % 200 < 20, 'open', 'closed')`
  for (let i = 0; i < results; i += ROWS_AT_ONCE) {
    const some = rows(i, Math.min(ROWS_AT_ONCE, results - i))
    database.exec(`begin;
      ${some} insert into frames select '${CAMERA}', ${at}, ${at}, ${at}, ${at}, ${at}, 100000, zeroblob(32), 'classified', null, 0 from n;
      ${some} insert into results select '${CAMERA}', ${at}, '${CAMERA}@1', ${state}, ${state},
        0.8 + (i * 2654435761 % 1000) / 5000.0,
        '{"closed":0.12345678,"open":0.87654321}', null, 12.5, 0, 0.01, zeroblob(32) from n;
      ${some} insert into readings select 'bench-pi', 'heat', ${at}, ${at}, i % 40 from n where i % 10 = 0;
      ${some} insert into transitions (camera, at, from_state, to_state, confidence, frame_at, model)
        select '${CAMERA}', ${at}, iif(i % 200 = 0, 'closed', 'open'), ${state}, 0.9, ${at}, '${CAMERA}@1'
        from n where i % 200 in (0, 20);
      commit`)
  }
  const last = from + (results - 1) * APART_MS
  database.exec(`insert into sensors values ('bench-pi', 'heat', ${last}, '1', 'C', null);
    delete from history_progress;
    insert into history_progress (camera, unfilled_from, unfilled_to) values ('${CAMERA}', ${from}, ${last + 1})`)
  for (const { sql } of triggers) database.exec(String(sql))
  database.exec('pragma wal_checkpoint(truncate)')
  database.close()
}
