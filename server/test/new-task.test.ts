import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { plainJpeg } from './pictures.ts'
import { TasksFolder } from './tasks-folder.ts'
import { temporaryFolder } from './temporary-folder.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const COMMAND = join(ROOT, 'server/src/tasks/new-task.ts')

/** `npm run new-task` without npm, which is slow and says more. */
function newTask(folder: string, ...args: string[]) {
  const env = { ...process.env, AJAR_TASKS_DIR: folder }
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) =>
    execFile(process.execPath, [COMMAND, ...args], { env, cwd: ROOT }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    ),
  )
}

test.each([
  ['ts', ['counts.ts']],
  ['py', ['counts.py']],
  ['sh', ['counts.sh', 'counts.task.json']],
])('--lang %s: what is written is listed, and can be called at once', async (lang, files) => {
  const tasks = await TasksFolder.open(onTestFinished)
  const made = await newTask(tasks.folder, 'counts', '--lang', lang)
  expect(made).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('/api/tasks/counts') })
  expect(readdirSync(tasks.folder).sort()).toEqual(files)
  const task = await tasks.task('counts')
  expect(task).toMatchObject({
    description: expect.stringMatching(/^TODO: what counts finds out/),
    pictures: [{ name: '_imageURL', isList: false, required: true }],
    schema: { properties: { threshold: { type: 'number' } } },
  })
  const picture = join(await temporaryFolder(onTestFinished), 'a.jpg')
  const jpeg = await plainJpeg(1, 64, 48)
  writeFileSync(picture, jpeg)
  const { code, result } = await tasks.call('counts', { _imageURL: picture, threshold: 0 })
  const counted = { width: 64, height: 48, above: 64 * 48 * 3 }
  expect({ code, result }).toEqual({ code: 0, result: lang === 'ts' ? counted : { bytes: jpeg.length, threshold: 0 } })
})

test('names that are none or taken, and languages that are none, are refused with a line, and nothing is written', async () => {
  const folder = await temporaryFolder(onTestFinished)
  writeFileSync(join(folder, 'taken.py'), '')
  mkdirSync(join(folder, 'folder'))
  writeFileSync(join(folder, 'folder/task.sh'), '')
  writeFileSync(join(folder, 'other.task.json'), '{"run": ["true"]}')
  const refusals: [args: string[], message: string | RegExp][] = [
    [['my task'], /"my task" is no name for a task/],
    [['../escape'], /is no name for a task/],
    [['_private'], /is no name for a task/],
    [['9lives'], /is no name for a task/],
    [['x'.repeat(61)], /is no name for a task/],
    [['taken'], /^There is a task taken: .*taken.py\.\n$/],
    [['Taken', '--lang=sh'], /^There is a task taken/],
    [['folder'], /^There is a task folder/],
    [['other', '--lang', 'py'], /^There is a task other/],
    [['median'], /^There is an operation Median/],
    [['good', '--lang', 'rb'], /"rb" is no language/],
    [['good', 'rb'], /"rb" is no language/],
    [['good', '--lang'], /"" is no language/],
    [['--lang', 'py', '9lives'], /"9lives" is no name/],
    [[], /^One name is expected: npm run new-task NAME/],
    [['good', 'py', 'more'], /^One name is expected/],
  ]
  const before = readdirSync(folder, { recursive: true })
  const answers = await Promise.all(refusals.map(([args]) => newTask(folder, ...args)))
  for (const [i, [args, message]] of refusals.entries()) {
    const { code, stdout, stderr } = answers[i] ?? { code: -1, stdout: '', stderr: '' }
    expect({ code, stdout }, args.join(' ')).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr.split('\n')).toHaveLength(2)
  }
  expect(readdirSync(folder, { recursive: true })).toEqual(before)
})

test("a name of one of ajar's own tasks is taken, wherever the operator's lie", async () => {
  const folder = join(await temporaryFolder(onTestFinished), 'not/there/yet')
  expect(await newTask(folder, 'noise')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^There is a task noise.* begin .*there\/yet\/noise\.ts with a copy\.$/m),
  })
  const made = await newTask(folder, 'mine', 'py') // as npm hands on `mine --lang py`
  expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('was not there, and was made') })
  expect(made.stdout).not.toContain('AJAR_TASKS_DIR is not set')
  expect(readdirSync(folder)).toEqual(['mine.py'])
  const help = await newTask(folder, '--help')
  expect(help).toMatchObject({ code: 0, stdout: expect.stringMatching(/^npm run new-task NAME \[ts\|py\|sh\]\n$/) })
})
