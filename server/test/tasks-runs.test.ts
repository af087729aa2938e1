import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { needsProgram } from '../../test/setup/needs.ts'
import { plainJpeg } from './pictures.ts'
import { until } from './running-server.ts'
import { KEYWORD, sh, startTasks } from './some-task-runs.ts'

const PYTHON = fileURLToPath(new URL('./tasks/python/', import.meta.url))
const region = { type: 'rect', value: { x1: 10, x2: 19, y1: 20, y2: 39 } }

test('a call is a job; its run says what came of it, to whoever asked and to admins', { timeout: 60_000 }, async () => {
  const { server, write, call, ended, token, runOf } = await startTasks()
  write('double.sh', sh('echo "it was told:"; cat "$in"; value="{\\"told\\": $(cat "$in")}"'))
  const [anna, ben] = [await token('anna'), await token('ben')]
  const asked = await call('double', { a: [1, 'ü'] }, anna)
  expect(asked).toMatchObject({ status: 202, body: { kind: 'task', state: 'queued', owner: 'anna' } })
  const { id } = asked.body
  expect(asked.headers.get('location')).toBe(`/api/task-runs/${id}`)
  const run = await ended(id, anna)
  expect(run).toMatchObject({
    ...{ job: id, task: 'double', state: 'done', error: null, params: { a: [1, 'ü'] }, camera: null },
    result: { kind: 'json', value: { told: { a: [1, 'ü'] } } },
    files: [{ type: 'json', json_url: expect.stringMatching(`^${server.url}/api/laboratory/files/`) }],
  })
  const [file] = run.files
  expect(await (await fetch(file.json_url)).json()).toEqual({ told: { a: [1, 'ü'] } })
  // Its job has what it printed, once that has ended, a moment after the run.
  const texts = await until(async () => {
    const { items } = (await server.call('GET', `/api/jobs/${id}/log`, undefined, anna)).body
    const said = items.map(({ text }: { text: string }) => text)
    return said.includes('done') && said
  })
  expect(texts).toEqual(expect.arrayContaining(['it was told:', '{"a":[1,"ü"]}']))
  // Of somebody else there is none.
  expect(await server.call('GET', `/api/task-runs/${id}`, undefined, ben)).toMatchObject({
    ...{ status: 404, body: { error: { code: 'not_found' } } },
  })
  expect((await server.call('DELETE', `/api/task-runs/${id}`, undefined, ben)).status).toBe(404)
  expect((await server.call('GET', '/api/task-runs', undefined, ben)).body.items).toEqual([])
  expect(await runOf(id)).toMatchObject({ job: id, state: 'done' })
  const others = await Promise.all([call('double', { n: 1 }, ben), call('double', { n: 2 }, anna)])
  for (const one of others) await ended(one.body.id)
  const jobs = (page: { items: { job: string }[] }) => page.items.map(({ job }) => job)
  const first = (await server.call('GET', '/api/task-runs?limit=1&task=double', undefined, anna)).body
  expect(jobs(first)).toEqual([others[1].body.id])
  const second = (await server.call('GET', `/api/task-runs?limit=1&cursor=${first.next}`, undefined, anna)).body
  expect(jobs(second)).toEqual([id])
  expect(second.next).toBeNull()
  expect(jobs((await server.call('GET', '/api/task-runs')).body)).toHaveLength(3)
  // What came of it is a picture or a table of his own, and goes with it.
  expect((await server.call('DELETE', `/api/task-runs/${id}`, undefined, anna)).status).toBe(204)
  expect((await server.call('GET', `/api/task-runs/${id}`, undefined, anna)).status).toBe(404)
  expect((await fetch(file.json_url)).status).toBe(404)
})

test('the tasks that there are, broken ones too', { timeout: 60_000 }, async () => {
  const { server, write } = await startTasks()
  write('fine.sh', sh('value=1'))
  write('broken.py', 'def task(params:\n', 0o644)
  const { items } = (await server.call('GET', '/api/tasks')).body
  expect(items).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'fine', title: 'Fine', language: 'executable', error: null, isOperators: true }),
      expect.objectContaining({ name: 'broken', limits: null, pictures: [], error: expect.any(String) }),
      expect.objectContaining({ name: 'average_pixel', isOperators: false }),
    ]),
  )
  expect((await server.call('GET', '/api/tasks/fine')).body).toMatchObject({
    name: 'fine',
    description: 'Does what a test says.',
  })
  expect((await server.call('GET', '/api/tasks/nothing')).status).toBe(404)
  for (const [body, message] of [
    [{ _imageURL: 'ramp' }, 'the body is {"params": {...}}: _imageURL is to stand in params'],
    [{ params: [1] }, 'the body is {"params": {...}}: params must be object'],
    [[1], 'the body is {"params": {...}}: it must be object'],
  ] as const)
    expect(await server.call('POST', '/api/tasks/fine', body)).toMatchObject({
      ...{ status: 400, body: { error: { code: 'bad_request', message } } },
    })
})

test('a megabyte of parameters is told, more is refused, and lists leave it out', { timeout: 60_000 }, async () => {
  const { server, write, call, ended } = await startTasks()
  write('long.sh', sh('value=$(wc -c < "$in")'))
  const text = 'x'.repeat(1024 * 1024 - '{"text":""}'.length)
  const { status, body } = await call('long', { text })
  expect(status).toBe(202)
  const run = await ended(body.id)
  expect(run).toMatchObject({ params: { text }, areParamsLeftOut: false })
  expect(run.result.value).toBeGreaterThanOrEqual(1024 * 1024)
  const { items } = (await server.call('GET', '/api/task-runs')).body
  expect(items).toMatchObject([{ job: body.id, params: {}, areParamsLeftOut: true, result: { kind: 'json' } }])
  const error = { code: 'bad_params', field: 'params', message: expect.stringContaining('1048576') }
  expect(await call('long', { text: `${text}x` })).toMatchObject({ status: 400, body: { error } })
  expect(await call('long', { text: text.repeat(4) })).toMatchObject({
    status: 413,
    body: { error: { code: 'too_large' } },
  })
})

test('values that clients of the launcher know, of one picture: by TypeScript, by Python, by C', {
  timeout: 120_000,
}, async (context) => {
  needsProgram('gcc', 'gcc libc6-dev', context)
  vi.stubEnv('PATH', '/usr/bin:/bin') // Debian's Python has astropy
  const { write, call, ended, tasksDir } = await startTasks()
  const valueFrom = async (task: string, params: object) => {
    const { status, body } = await call(task, { _imageURL: 'ramp', ...params })
    expect({ status, body }).toMatchObject({ status: 202 })
    const { result, error } = await ended(body.id)
    expect(error).toBeNull()
    return result.value
  }
  for (const name of ['average_pixel', 'noise', 'graphProj'])
    write(`${name}_py.py`, readFileSync(join(PYTHON, `${name}.py`), 'utf8'), 0o644)
  write('_picture.py', readFileSync(join(PYTHON, '_picture.py'), 'utf8'), 0o644)
  const source = join(tasksDir, '_size.c')
  writeFileSync(source, C_TASK)
  expect(spawnSync('gcc', ['-o', join(tasksDir, 'size'), source], { encoding: 'utf8' }).stderr).toBe('')
  for (const suffix of ['', '_py']) {
    expect(await valueFrom(`average_pixel${suffix}`, { region })).toEqual({ result: '3554.5' })
    expect(Number((await valueFrom(`noise${suffix}`, { region })).noise)).toBeCloseTo(691.959717035609, 9)
    expect((await valueFrom(`graphProj${suffix}`, { region, rowsperbin: 8 })).projs).toEqual([
      [2834.5, 20, 28],
      [3794.5, 28, 36],
      [4514.5, 36, 44],
    ])
  }
  expect((await valueFrom('hot_pixel', { threshold: 'max', region })).hotPixels).toEqual([{ x: 19, y: 39 }])
  const graph = await valueFrom('graph_pixel', { region, bins: 4, min: 3000, max: 4000 })
  expect(graph.main.map(([count]: [number]) => count)).toEqual([20, 30, 20, 20])
  expect([graph.underflow[0][0], graph.overflow[0][0]]).toEqual([50, 60])
  // Blocks of 2880 bytes: one of the header, 34 of 12000 doubles.
  expect(await valueFrom('size', {})).toEqual({ bytes: 35 * 2880, begins: 'SIMPLE' })
})

test('pictures are what the caller may read: frames by name, id or query, his own files, and nobody else’s', {
  timeout: 60_000,
}, async () => {
  const { server, write, call, ended, token } = await startTasks()
  write('look.sh', sh('cat "$in"; value=$(cat "$in")'))
  write(
    'look.task.json',
    JSON.stringify({
      params: {
        type: 'object',
        properties: {
          one: { type: 'string', format: 'picture' },
          many: { type: 'array', items: { type: 'string', format: 'picture' } },
          level: { type: 'integer', minimum: 3 },
        },
        required: ['one'],
      },
    }),
  )
  const [anna, ben] = [await token('anna'), await token('ben')]
  const at = Date.now() - 60_000
  const frame = await server.send('pi/door', await plainJpeg(1), at)
  await server.ended(frame)
  const upload = await fetch(`${server.url}/api/laboratory/uploads?name=mine.jpg`, {
    ...{ method: 'POST', headers: { authorization: `Bearer ${anna}` } },
    body: new Uint8Array(await plainJpeg(2)),
  })
  expect(upload.status).toBeLessThan(300)
  const { basename } = (await upload.json()) as { basename: string }
  const query = { source: 'archive', query: { camera: 'pi/door' } }
  const { body } = await call('look', { one: frame, many: [`pi_door_${at}`, basename, 'ramp', query], level: 3 }, anna)
  const { result, params } = await ended(body.id, anna)
  expect(params).toMatchObject({
    one: { source: 'archive', basename: frame },
    many: [{ source: 'archive' }, { source: 'datalab', basename }, { source: 'archive', basename: 'ramp' }, query],
  })
  expect(result.value.one).toMatch(/^\/.*\.jpg$/)
  expect(result.value.many).toHaveLength(4)
  expect(result.value.many[2]).toMatch(/\.fits$/)
  const refused = async (params: object, field: string, why: RegExp, who = anna) =>
    expect(await call('look', params, who)).toMatchObject({
      ...{ status: 400, body: { error: { code: 'bad_params', field, message: expect.stringMatching(why) } } },
    })
  await refused({}, 'params.one', /one/)
  await refused({ one: basename }, 'params.one', /is not there/, ben)
  await refused({ one: '/etc/passwd' }, 'params.one', /is not there/)
  await refused({ one: 'file:///etc/passwd' }, 'params.one', /is not there/)
  await refused({ one: ['ramp', 'ramp'] }, 'params.one', /one picture/)
  await refused({ one: { source: 'archive', query: { camera: 'pi/door', form: 3 } } }, 'params.one', /form/)
  await refused({ one: 'ramp', many: [{ basename: 'ramp' }] }, 'params.many', /source/)
  await refused({ one: 'ramp', level: 2 }, 'params.level', /3/)
  await refused({ one: 'ramp', level: 'x'.repeat(70_000) }, 'params.level', /level/)
  // What one run made is a picture for the next, of its owner's alone.
})

/** Reads the picture's path out of its parameters, and says how long the file is and how it begins. */
const C_TASK = `#include <stdio.h>
#include <string.h>
int main(int argc, char **argv) {
  const char *in = 0, *out = 0;
  for (int i = 1; i + 1 < argc; i++) {
    if (!strcmp(argv[i], "-i")) in = argv[i + 1];
    if (!strcmp(argv[i], "-o")) out = argv[i + 1];
  }
  char text[4096] = "", path[4096] = "", begins[7] = "";
  FILE *given = fopen(in, "r");
  fread(text, 1, sizeof text - 1, given);
  sscanf(strstr(text, "_imageURL") + strlen("_imageURL"), "\\":\\"%4000[^\\"]", path);
  FILE *picture = fopen(path, "rb");
  fread(begins, 1, 6, picture);
  fseek(picture, 0, SEEK_END);
  snprintf(text, sizeof text, "%s/size.json", out);
  FILE *result = fopen(text, "w");
  fprintf(result, "{\\"bytes\\": %ld, \\"begins\\": \\"%s\\"}", ftell(picture), begins);
  fclose(result);
  printf("looked at %s\\n${KEYWORD}\\n{\\"outfile\\": \\"%s\\"}\\n", path, text);
  return 0;
}
`
