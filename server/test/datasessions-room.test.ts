import { DatabaseSync } from 'node:sqlite'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { tokenOf, wire } from './laboratory-client.ts'
import { plainJpeg } from './pictures.ts'
import { RunningServer } from './running-server.ts'

/** How much a data session holds, and how much of it is answered at once. No worker runs here: what is asked for waits. */

const INPUT_FILES = [1_795_286_400_000, 1_795_286_401_000].map((ms) => ({
  ...{ type: 'image', source: 'archive', basename: `pi_door_${ms}` },
}))
/** Eight fit into 8 MiB. */
const LONG = 'x'.repeat(950_000)

let server: RunningServer
let token: string
let path: string
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  for (const [i, { basename }] of INPUT_FILES.entries())
    await server.send('pi/door', await plainJpeg(i), Number(basename.split('_')[2]))
})
beforeEach(async ({ task }) => {
  token = await tokenOf(server, `ann of ${task.id}`)
  path = await newSession()
})

const call = (method: string, url: string, body?: unknown) => wire(server, method, url, body, { token })
const newSession = async () => {
  const { body } = await call('POST', '/api/datasessions/', { name: 'a session', input_data: [] })
  return `/api/datasessions/${body.id}/`
}
const asked = (note: string) => ({ name: 'Median', input_data: { input_files: INPUT_FILES, note } })
const ask = (note: string, session = path) => call('POST', `${session}operations/`, asked(note))
const FULL = { status: 409, body: { detail: expect.stringContaining('as many operations as it may') } }

test('a session takes no more than it may, however it is asked', { timeout: 60_000 }, async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => ask(`${i}${LONG}`)))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(8)
  expect(answers.find(({ status }) => status !== 201)).toMatchObject(FULL)
  // What is changed goes out of the reckoning.
  const [{ id }] = (await call('GET', `${path}operations/?limit=1`)).body.results
  const short = await ask('short')
  expect(short.status).toBe(201)
  for (const method of ['PATCH', 'PUT'])
    expect(await call(method, `${path}operations/${short.body.id}/`, asked(LONG))).toMatchObject(FULL)
  expect((await call('PATCH', `${path}operations/${id}/`, asked(`another ${LONG}`))).status).toBe(200)
})

test('pages of operations, and of sessions with theirs, end early where they would be too long', {
  timeout: 60_000,
}, async () => {
  for (let i = 0; i < 5; i++) await ask(`${i}${LONG}`)
  const first = (await call('GET', `${path}operations/`)).body
  expect([first.results.length, first.count]).toEqual([4, 5])
  const second = (await call('GET', first.next.slice(server.url.length))).body
  expect([second.results.length, second.next]).toEqual([1, null])
  const other = await newSession()
  for (let i = 0; i < 2; i++) await ask(`${i}${LONG}`, other)
  const [page, rest] = [await call('GET', '/api/datasessions/'), await call('GET', '/api/datasessions/?offset=1')]
  expect(page.body.results.map(({ operations }: { operations: [] }) => operations.length)).toEqual([2])
  expect(page.body).toMatchObject({ count: 2, next: expect.stringContaining('offset=1') })
  // One is shown whole at least.
  expect(rest.body.results.map(({ operations }: { operations: [] }) => operations.length)).toEqual([5])
})

test('what operations found is left out of long answers, and each alone has it', { timeout: 60_000 }, async () => {
  const ids: number[] = []
  for (let i = 0; i < 4; i++) ids.push((await ask(`${i}`)).body.id)
  const database = new DatabaseSync(`${server.dataDir}/state.db`)
  database.exec('pragma busy_timeout = 10000')
  for (const id of ids) {
    const output = JSON.stringify({ files: [], data: [{ found: LONG + LONG }] })
    const { lastInsertRowid } = database
      .prepare(
        "insert into operation_results (cache_key, operation, state, message, output_json, bytes, created_at, used_at) values (?, 'Median', 'COMPLETED', '', ?, 0, 1, 1)",
      )
      .run(`key ${id}`, output)
    database.prepare("update operations set state = 'COMPLETED', result = ? where id = ?").run(lastInsertRowid, id)
  }
  database.close()
  const session = await call('GET', path)
  expect(session.text.length).toBeLessThan(5_000_000)
  const shown = session.body.operations.map(({ output }: { output: object }) => Object.keys(output))
  const [whole, less] = [['output_files', 'output_data'], ['output_files']]
  expect(shown).toEqual([whole, whole, less, less])
  const listed = await call('GET', '/api/datasessions/')
  expect(listed.text.length).toBeLessThan(5_000_000)
  expect(listed.body.results).toHaveLength(1)
  expect((await call('GET', `${path}operations/`)).body.results).toHaveLength(2)
  const alone = (await call('GET', `${path}operations/${ids[3]}/`)).body
  expect(alone.output.output_data[0].found).toHaveLength(2 * LONG.length)
})
