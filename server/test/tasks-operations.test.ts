import { readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFits } from '@ajar/images'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { tokenOf, wire } from './laboratory-client.ts'
import { RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Tasks of the tasks folder as operations of data sessions, over HTTP as the older client has them, done by a real worker. */

let server: RunningServer
let folder: string
let ann: string
let bob: string
let path: string

beforeAll(async () => {
  folder = await temporaryFolder(afterFile)
  const archive = await temporaryFolder(afterFile)
  for (const [i, name] of ['a', 'b'].entries()) {
    const samples = Int32Array.from({ length: 12 }, (_, at) => at + 100 * i)
    await writeFits(join(archive, `${name}.fits`), { width: 4, height: 3, planes: 1, samples })
  }
  await put('told', TOLD, DECLARED)
  server = await RunningServer.start(afterFile, { AJAR_TASKS_DIR: folder, AJAR_ARCHIVE_DIR: archive })
  ;[ann, bob] = [await tokenOf(server, 'ann'), await tokenOf(server, 'bob')]
})
beforeEach(async () => {
  path = await sessionOf(ann)
})

/** A script that speaks the protocol: `$in` is the file of what it is told, or empty; `$out` the folder of its result. */
const script = (lines: string, about = 'Does what a test says.') => `#!/bin/sh
# ${about}
while getopts n:i:d:o: flag; do case $flag in i) in=$OPTARG ;; o) out=$OPTARG ;; esac; done
${lines}
echo ___TASK STATUS___
echo "{\\"outfile\\": \\"$result\\"}"
`
/** Answers with what it was told. */
const TOLD = script(
  'result=$out/told.json; cp "$in" "$result"',
  'Says what it was told.\n# On a line of its own: "quotes".',
)
/** Answers with something else each time. */
const CHANCE = script(
  'result=$out/chance.json; echo "{\\"id\\": \\"$(cat /proc/sys/kernel/random/uuid)\\"}" > "$result"',
)
/** Answers with the picture that it was given. */
const SAME = script(`result=$out/same.fits; cp "$(sed 's/.*"_imageURL": *"\\([^"]*\\)".*/\\1/' "$in")" "$result"`)
/** Waits until there is a file \`go\` beside it. */
const HOLD = script(
  'while [ ! -e "$(dirname "$0")/go" ]; do sleep 0.05; done\nresult=$out/held.json; echo \'"held"\' > "$result"',
)

const PICTURE = { type: 'string', format: 'picture' }
const DECLARED = {
  type: 'object',
  properties: {
    _imageURL: { ...PICTURE, title: 'The Sky' },
    threshold: { anyOf: [{ const: 'max' }, { type: 'number' }], default: 'max' },
    bins: { type: 'integer', minimum: 1, maximum: 100 },
    isDark: { type: 'boolean' },
    how: { enum: ['mean', 3] },
    region: {
      type: 'object',
      properties: { x1: { type: 'integer', minimum: 0 }, note: { type: 'string' } },
      required: ['x1'],
      additionalProperties: false,
    },
  },
  required: ['_imageURL', 'bins'],
}

/** As an operator puts it there: at once, whatever stood there. */
async function put(name: string, text: string, params?: object, more: object = {}) {
  const file = join(folder, `${name}.sh`)
  await writeFile(join(folder, `.${name}`), text)
  await chmod(join(folder, `.${name}`), 0o755)
  if (params || Object.keys(more).length > 0)
    await writeFile(join(folder, `${name}.task.json`), JSON.stringify({ ...(params ? { params } : {}), ...more }))
  await rename(join(folder, `.${name}`), file)
}
const remove = (name: string) =>
  Promise.all([`${name}.sh`, `${name}.task.json`].map((file) => rm(join(folder, file), { force: true })))

async function sessionOf(token: string): Promise<string> {
  const { body } = await call('POST', '/api/datasessions/', { name: 'a session', input_data: [] }, token)
  return `/api/datasessions/${body.id}/operations/`
}
const call = (method: string, url: string, body?: unknown, token = ann) => wire(server, method, url, body, { token })
const ask = (name: string, input_data: object, at = path, token = ann) => call('POST', at, { name, input_data }, token)
const available = async () => (await call('GET', '/api/available_operations/')).body
const archived = (basename: string, source = 'archive') => ({ type: 'fits', source, basename })

const shownAgain = (id: number, at = path, token = ann) => call('GET', `${at}${id}/`, undefined, token)
/** Once it has ended. */
async function ended(id: number, at = path, token = ann) {
  return until(async () => {
    const { body } = await shownAgain(id, at, token)
    return ['COMPLETED', 'FAILED'].includes(body.status) && body
  })
}
/** Whether a script has begun, and not only whoever starts it. */
function isRunning(file: string): boolean {
  return readdirSync('/proc').some((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      const [program, script] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      return program === '/bin/sh' && script === join(folder, file)
    } catch {
      return false // it ended in this instant
    }
  })
}
/** What came of it. */
async function run(name: string, input_data: object, at = path, token = ann) {
  const { status, text, body } = await ask(name, input_data, at, token)
  expect(status, text).toBe(201)
  return ended(body.id, at, token)
}
const dataOf = async (operation: Promise<{ message: string; output: { output_data: unknown[] } }>) => {
  const { message, output } = await operation
  expect(message).toBe('')
  return (output.output_data[0] as { value: unknown }).value
}

test('a task is described as an operation: its fields are what it declares', async () => {
  expect(await until(async () => (await available()).told)).toEqual({
    name: 'told',
    title: 'Told',
    description: 'Says what it was told.\nOn a line of its own: "quotes".',
    category: 'task',
    inputs: {
      _imageURL: { name: 'The Sky', description: '', type: 'fits', minimum: 1, maximum: 1 },
      threshold: expect.objectContaining({ type: 'string', format: 'json-or-text', required: false, default: 'max' }),
      bins: { name: 'Bins', description: '', type: 'int', minimum: 1, maximum: 100 },
      isDark: { name: 'Is Dark', description: '', type: 'select', options: ['true', 'false'], required: false },
      how: { name: 'How', description: '', type: 'select', options: ['mean', '3'], required: false },
      region: expect.objectContaining({ type: 'string', format: 'json', required: false }),
    },
  })
})

test('it is told what was asked for, as what it was, and its answer is the output', async () => {
  const region = { x1: 3, note: 'it\'s "quoted",\n\\ ä🚪' }
  const input_data = {
    ...{ _imageURL: [archived('a')], threshold: '3000.5', bins: '7', isDark: 'true', how: '3' },
    region: JSON.stringify(region),
  }
  const operation = await run('told', input_data)
  expect(operation).toMatchObject({ name: 'told', status: 'COMPLETED', operation_progress: 1 })
  expect(operation.input_data).toEqual({ ...input_data, bins: 7 })
  expect(operation.output).toEqual({
    output_files: [
      expect.objectContaining({ source: 'datalab', type: 'json', json_url: expect.stringMatching(/^http/) }),
    ],
    output_data: [
      {
        kind: 'json',
        value: { _imageURL: expect.any(String), threshold: 3000.5, bins: 7, isDark: true, how: 3, region },
      },
    ],
  })
})

test('what was left out is not told, and what stands for itself may be sent so', async () => {
  const left = { _imageURL: [archived('a')], bins: 1 }
  const picture = { _imageURL: expect.any(String) }
  expect(await dataOf(run('told', { ...left, region: '', isDark: '', how: null }))).toEqual({
    ...{ ...picture, bins: 1, threshold: 'max' },
  })
  expect(await dataOf(run('told', { ...left, region: { x1: 0 }, isDark: false, threshold: 2 }))).toEqual({
    ...{ ...picture, bins: 1, threshold: 2, isDark: false, region: { x1: 0 } },
  })
})

test.each<[object, object]>([
  [{}, { _imageURL: ['This field is required.'], bins: ['This field is required.'] }],
  [{ _imageURL: [], bins: 1 }, { _imageURL: ['Ensure this field has at least 1 elements.'] }],
  [{ bins: 101 }, { bins: ['Ensure this value is less than or equal to 100.'] }],
  [{ bins: 1.5 }, { bins: ['A valid integer is required.'] }],
  [{ isDark: 'yes' }, { isDark: ['"yes" is not a valid choice.'] }],
  [{ threshold: 'min' }, { threshold: ['Must be "max" or a number, and is "min".'] }],
  [{ region: '{' }, { region: ['Must be JSON, for example [1, 2] or {"x": 1} or "text".'] }],
  [{ region: '{"x1":-1,"y":2}' }, { region: ['x1 must be at least 0.', 'y is unknown: x1, note may be given.'] }],
  [{ region: { x1: 'a' } }, { region: ['x1 must be a whole number, and is "a".'] }],
])('what is wrong is said by field, as the older server did: %j', async (given, answer) => {
  const usual = 'bins' in answer && '_imageURL' in answer ? {} : { _imageURL: [archived('a')], bins: 1 }
  const { status, body } = await ask('told', { ...usual, ...given })
  expect({ status, body }).toEqual({ status: 400, body: answer })
})

test('a task that declares nothing is told one text of JSON, and no path of a file', async () => {
  await put('plain', TOLD)
  expect((await available()).plain.inputs).toMatchObject({
    params: { type: 'string', format: 'json', required: false },
  })
  expect(await dataOf(run('plain', { params: '{"a":[1,null]}' }))).toEqual({ a: [1, null] })
  const { status, body } = await ask('plain', { params: '{"_imageURL":"/etc/passwd"}' })
  expect([status, Object.keys(body)]).toEqual([400, ['params']])
})

describe('what is known already', () => {
  test('is shown to whoever asks the same of what both may read, and not from another one’s own files', async () => {
    await put('chance', CHANCE, { type: 'object', properties: { _imageURL: PICTURE } })
    const first = await dataOf(run('chance', { _imageURL: [archived('a')] }))
    const bobs = await sessionOf(bob)
    const again = await ask('chance', { _imageURL: [archived('a')] }, bobs, bob)
    expect(again.body.status).toBe('COMPLETED')
    expect(again.body.output.output_data[0].value).toEqual(first)
    expect(await dataOf(run('chance', { _imageURL: [archived('b')] }))).not.toEqual(first)
    await put('same', SAME, { type: 'object', properties: { _imageURL: PICTURE } })
    const [made] = (await run('same', { _imageURL: [archived('a')] })).output.output_files
    // Nobody else may read it before it was shown to them.
    const refused = await ask('chance', { _imageURL: [archived(made.basename, 'datalab')] }, bobs, bob)
    expect([refused.status, Object.keys(refused.body)]).toEqual([400, ['_imageURL']])
  })

  test('is of the task as it was: an edited one is asked anew, and one that is put back as it was is known', async () => {
    const params = { type: 'object', properties: {} }
    await put('edited', CHANCE, params)
    const first = await dataOf(run('edited', {}))
    await put('edited', CHANCE.replace('uuid)', 'uuid)!'), params)
    expect(await dataOf(run('edited', {}))).not.toEqual(first)
    await put('edited', CHANCE, params)
    expect(await dataOf(run('edited', {}))).toEqual(first)
  })

  test('is never shown of a task that says that it comes to something else each time', async () => {
    await put('fresh', CHANCE, { type: 'object', properties: {} }, { cache: false })
    const first = await dataOf(run('fresh', {}))
    expect(await dataOf(run('fresh', {}))).not.toEqual(first)
  })

  test('is no failure: what failed by chance is tried again', async () => {
    const failing = script(
      '[ -e "$(dirname "$0")/works" ] || { echo ___TASK STATUS___; echo \'{"error": "out of luck"}\'; exit 1; }\nresult=$out/ok.json; echo 1 > "$result"',
    )
    await put('luck', failing)
    const failed = await run('luck', {})
    expect(failed).toMatchObject({ status: 'FAILED', output: null, message: expect.stringContaining('out of luck') })
    await writeFile(join(folder, 'works'), '')
    expect(await dataOf(run('luck', {}))).toBe(1)
    expect((await shownAgain(failed.id)).body).toEqual(failed)
  })
})

test('what an operation made is given to a task, and what a task made to an operation', async () => {
  await put('same', SAME, { type: 'object', properties: { _imageURL: PICTURE }, required: ['_imageURL'] })
  const [median] = (await run('Median', { input_files: [archived('a'), archived('b')] })).output.output_files
  const [same] = (await run('same', { _imageURL: [archived(median.basename, 'datalab')] })).output.output_files
  expect(same).toMatchObject({
    type: 'fits',
    source: 'datalab',
    fits_url: expect.any(String),
    large_url: expect.any(String),
  })
  const input_files = [archived(same.basename, 'datalab'), archived('a'), archived('b')]
  expect(await run('Median', { input_files })).toMatchObject({
    status: 'COMPLETED',
    output: { output_files: [{ type: 'fits' }] },
  })
})

test('one that is edited, and one that is removed, while operations of them run and wait', async () => {
  const params = { type: 'object', properties: {} }
  await put('hold', HOLD, params)
  await put('gone', CHANCE)
  const done = await run('gone', {})
  const held = (await ask('hold', {})).body.id
  await until(() => isRunning('hold.sh'))
  const waits = (await ask('gone', { params: '{"another":1}' })).body.id
  await put('hold', HOLD.replace('"held"', '"edited"'), params)
  await remove('gone')
  const later = (await ask('hold', {})).body
  expect(later.status).toBe('PENDING')
  await writeFile(join(folder, 'go'), '')
  expect(await dataOf(ended(held))).toBe('held')
  expect(await dataOf(ended(later.id))).toBe('edited')
  // Which of both had made it could not be known: it is not shown to who asks for the first.
  await put('hold', HOLD, params)
  expect((await ask('hold', {})).body.status).toBe('PENDING')
  expect(await ended(waits)).toMatchObject({
    status: 'FAILED',
    message: expect.stringContaining('no operation gone any more'),
  })
  expect((await shownAgain(done.id)).body).toEqual(done)
  expect((await call('GET', path)).body.count).toBe(5)
  expect(await ask('gone', {})).toMatchObject({ status: 400, body: { name: ['"gone" is not a valid choice.'] } })
})

test('one that is broken is no operation, harms no other, and says why', async () => {
  await put('broken', TOLD, { type: 'object', properties: { a: { type: 'integr' } } })
  await put('Median', TOLD)
  const all = await available()
  expect(Object.keys(all)).not.toContain('broken')
  expect(all.told.category).toBe('task')
  expect(all.Median.category).toBe('image')
  const { status, body } = await ask('broken', {})
  expect([status, body]).toEqual([
    400,
    { name: [expect.stringMatching(/^The task broken cannot be used until it is mended: .*integr|type/)] },
  ])
  await remove('broken')
  await mkdir(join(folder, 'empty'), { recursive: true })
  expect(await ask('broken', {})).toMatchObject({ status: 400, body: { name: ['"broken" is not a valid choice.'] } })
})
