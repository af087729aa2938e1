import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { until } from './running-server.ts'
import { KEYWORD, sh, startTasks } from './some-task-runs.ts'

const script = (work: string) =>
  `#!/bin/sh\nwhile [ $# -gt 0 ]; do case $1 in -o) out=$2;; esac; shift; done\n${work}\n`
const says = (status: string) => `echo '${KEYWORD}'; echo '${status}'`

/** What a task does, how its run fails, and what the error says besides what it is. */
const FAILURES: Record<string, { task: string; code: string; says: RegExp; limits?: object }> = {
  silent: { task: script('echo here'), code: 'no_status', says: /no line with ___TASK STATUS___/ },
  brief: { task: script(`echo '${KEYWORD}'`), code: 'empty_status', says: /nothing after the line/ },
  garbled: { task: script(says('{"outfile":')), code: 'bad_status', says: /is no JSON/ },
  fileless: {
    task: script(says('{"other":1}')),
    code: 'no_outfile',
    says: /Output file is not returned from the task/,
  },
  outside: { task: script(says('{"outfile":"/etc/passwd"}')), code: 'bad_outfile', says: /passwd/ },
  honest: {
    task: script(`echo 'no door in sight' >&2; ${says('{"error":"it is too dark: ü"}')}; exit 3`),
    code: 'task_failed',
    says: /^it is too dark: ü[\s\S]*no door in sight/,
  },
  killed: { task: script('kill -9 $$'), code: 'task_failed', says: /SIGKILL|exit code 137/ },
  slow: { task: script('sleep 60'), code: 'timeout', says: /1 s|second/, limits: { seconds: 1 } },
  hungry: {
    task: script('exec /usr/bin/python3 -c "x = bytearray(400 * 1000 * 1000); import time; time.sleep(60)"'),
    ...{ code: 'too_much_memory', says: /MB/, limits: { memory: '100MB' } },
  },
  wordy: {
    task: script('head -c 30000000 /dev/zero > "$out/much"; sleep 1'),
    ...{ code: 'too_much_output', says: /MB/, limits: { output: '1MB' } },
  },
  untold: {
    task: script(`head -c 1000 /dev/urandom > "$out/it"; ${says('{"outfile":"OUT"}').replace('OUT', "'$out'/it")}`),
    ...{ code: 'bad_result', says: /./ },
  },
}

test('every failure of a task reaches whoever called it, in words, in its run and in its job', {
  timeout: 120_000,
}, async () => {
  const { server, write, call, ended, laboratory } = await startTasks()
  for (const [name, { task, limits }] of Object.entries(FAILURES)) {
    write(name, task)
    if (limits) write(`${name}.task.json`, JSON.stringify({ limits }))
  }
  write('fine', sh('value=1'))
  const outcomes = await Promise.all(
    Object.keys(FAILURES).map(async (name) => {
      const { body } = await call(name)
      const run = await ended(body.id)
      const { error } = (await server.call('GET', `/api/jobs/${body.id}`)).body
      return [name, { state: run.state, result: run.result, files: run.files, error: run.error, inJob: error }]
    }),
  )
  for (const [name, { state, result, files, error, inJob }] of outcomes as [string, Record<string, never>][]) {
    const expected = FAILURES[name]
    expect([name, { state, result, files, error }]).toEqual([
      name,
      {
        ...{ state: 'failed', result: null, files: [] },
        error: { code: expected?.code, message: expect.stringMatching(expected?.says ?? /never/) },
      },
    ])
    expect(inJob).toEqual(error)
  }
  // Those that failed had the process of the others, and leave nothing.
  const { body } = await call('fine')
  expect(await ended(body.id)).toMatchObject({ state: 'done', result: { value: 1 } })
  await until(() => laboratory('scratch').length === 0)
  expect(laboratory('results')).toHaveLength(1)
})

test('what cannot be called is refused at once, and says what to do', { timeout: 60_000 }, async () => {
  const { server, write, call, ended, token } = await startTasks({ AJAR_LABORATORY_BYTES: '1MB' })
  write('fine.sh', sh('value=1'))
  write('broken.py', 'def task(params:\n', 0o644)
  expect(await call('nothing')).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } })
  expect(await call('broken')).toMatchObject({
    ...{ status: 409, body: { error: { code: 'task_broken', message: expect.stringMatching(/broken: .*line 1/s) } } },
  })
  expect((await call('fine', {}, await token('vic', 'viewer'))).status).toBe(403)
  const refused = (body: object) => server.call('POST', '/api/tasks/fine', body)
  expect(await refused({ params: [1] })).toMatchObject({ status: 400, body: { error: { field: 'params' } } })
  expect((await refused({ parms: {} })).status).toBe(400)
  expect(await call('fine', { much: 'x'.repeat(1_100_000) })).toMatchObject({
    ...{ status: 400, body: { error: { code: 'bad_params', field: 'params' } } },
  })
  // No task begins that has nowhere to write; one that writes more than there is room for says so.
  write('large.sh', sh('value="{\\"much\\": \\"$(head -c 1500000 /dev/zero | tr "\\\\0" x)\\"}"'))
  const large = await call('large')
  expect(await ended(large.body.id)).toMatchObject({
    ...{ state: 'failed', error: { code: 'no_room', message: expect.stringContaining('AJAR_LABORATORY_BYTES') } },
  })
  const database = new DatabaseSync(join(server.dataDir, 'state.db'))
  const most = (await server.call('GET', '/api/laboratory')).body.most
  database.exec(`insert into laboratory_files (basename, owner, result, type, forms_json, bytes, sha256, created_at)
    values ('much', 'anna', null, 'fits', '{}', ${most}, 'x', 1)`)
  database.close()
  expect(await call('fine')).toMatchObject({
    ...{ status: 507, body: { error: { code: 'no_room', message: expect.stringContaining('AJAR_LABORATORY_BYTES') } } },
  })
})
