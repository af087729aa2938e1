import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { openStateDatabase } from '../src/database/state-database.ts'
import { createLog } from '../src/logging/logging.ts'
import { OldRuns } from '../src/tasks/runs/old-runs.ts'
import { plainJpeg } from './pictures.ts'
import { until } from './running-server.ts'
import { KEYWORD, sh, startTasks } from './some-task-runs.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Its picture, as it is. */
const COPY = `#!/bin/sh
while [ $# -gt 0 ]; do case $1 in -i) in=$2;; -o) out=$2;; esac; shift; done
cp "$(sed 's/.*:"//; s/".*//' "$in")" "$out/result.jpg"
echo '${KEYWORD}'
echo "{\\"outfile\\":\\"$out/result.jpg\\"}"
`

test('what came of purged frames goes, also by way of another run; what is made of them now ends; the run says so', {
  timeout: 90_000,
}, async () => {
  const { server, write, call, ended, laboratory, tasksDir, token, runOf } = await startTasks()
  write('copy', COPY)
  write('hold', sh(`echo x >> ${tasksDir}/.begun; sleep 60`))
  const anna = await token('anna')
  const at = Date.now() - 60_000
  const frame = await server.send('pi/door', await plainJpeg(1), at)
  await server.ended(frame)
  const first = (await call('copy', { _imageURL: frame }, anna)).body.id
  const made = await ended(first, anna)
  expect(made).toMatchObject({ state: 'done', result: { kind: 'image' }, files: [{ type: 'image' }] })
  const [{ basename }] = made.files
  const second = (await call('copy', { _imageURL: { source: 'datalab', basename } }, anna)).body.id
  expect(await ended(second, anna)).toMatchObject({ state: 'done', params: { _imageURL: { source: 'datalab' } } })
  // Nobody else's.
  expect((await call('copy', { _imageURL: basename }, await token('ben'))).status).toBe(400)
  const held = (await call('hold', { _imageURL: frame }, anna)).body.id
  await until(() => existsSync(join(tasksDir, '.begun')))
  const purge = await server.call('DELETE', `/api/cameras/pi/door/frames?from=${at - 1000}&to=${at + 1000}`)
  expect(purge.status).toBe(202)
  expect(await ended(held, anna)).toMatchObject({ state: 'failed', error: { code: 'purged' } })
  for (const job of [first, second])
    expect(
      await until(async () => {
        const run = await runOf(job, anna)
        return run.error && run
      }),
    ).toMatchObject({
      ...{ state: 'done', result: null, files: [] },
      error: { code: 'result_gone', message: expect.stringContaining('purged') },
    })
  await until(() => laboratory('results').length === 0 && laboratory('scratch').length === 0)
})

test('an account that is removed has no runs any more; a restart says what became of results without files', {
  timeout: 90_000,
}, async () => {
  const { server, write, call, ended, runOf } = await startTasks()
  write('one', sh('value=1'))
  await server.call('POST', '/api/users', { name: 'anna', password: 'a long password', role: 'analyst' })
  const anna = (await server.call('POST', '/api/sessions', { name: 'anna', password: 'a long password' }, null)).body
  const job = (await call('one', {}, anna.token)).body.id
  await ended(job, anna.token)
  expect((await server.call('DELETE', '/api/users/anna')).status).toBe(204)
  expect((await runOf(job)).owner).toMatch(/^gone:/)
  rmSync(join(server.dataDir, 'laboratory', 'results'), { recursive: true })
  mkdirSync(join(server.dataDir, 'laboratory', 'results'))
  // Its job is gone as well, as jobs go; another one never said how it ended.
  await server.app.close()
  const database = new DatabaseSync(join(server.dataDir, 'state.db'))
  database.exec(`delete from jobs; insert into task_runs (job, task, owner, params_json, message, created_at)
    values ('lost', 'one', 'anna', '{}', '', 1)`)
  database.close()
  const again = await startTasks({ AJAR_DATA_DIR: server.dataDir })
  expect(await again.runOf(job)).toMatchObject({
    ...{ state: 'done', result: null, files: [], error: { code: 'result_gone' } },
  })
  expect((await again.runOf(job)).error.message).toMatch(/not part of backups/)
})

test('runs go that are old, too many or too large, and none that has not ended', async () => {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  const add = (job: string, created_at: number, state: 'COMPLETED' | null = 'COMPLETED', params_json = '{}') =>
    database.write
      .insertInto('task_runs')
      .values({
        ...{ job, task: 'one', owner: 'anna', camera: null, params_json, state, code: null, message: '' },
        ...{ result: null, created_at, finished_at: null },
      })
      .execute()
  const most = { runs: 300, bytes: 10_000 }
  const old = new OldRuns({ database, keptMs: 1000, log: createLog('silent'), now: () => 2000 }, most)

  await add('old', 999)
  await add('waits', 1, null)
  for (let i = 0; i < 500; i++) await add(`run-${i}`, 1000 + i)
  await old.sweep()
  const left = await database.read.selectFrom('task_runs').select('job').orderBy('created_at').execute()
  expect(left.map(({ job }) => job)).toEqual(['waits', ...Array.from({ length: 300 }, (_, i) => `run-${i + 200}`)])
  // Of 2 bytes each; what is told much makes older ones go, and itself where it alone is too much.
  await add('long', 1600, 'COMPLETED', 'x'.repeat(9_900))
  await add('longer', 1500, 'COMPLETED', 'x'.repeat(9_900))
  await old.sweep()
  const after = await database.read.selectFrom('task_runs').select('job').orderBy('created_at').execute()
  expect(after.map(({ job }) => job)).toEqual(['waits', 'long'])
})
