import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { boundsOfMachine } from '../src/tasks/bounds/machine.ts'
import { leftOf } from './left-of.ts'
import { someFolders } from './some-launches.ts'
import { TasksFolder } from './tasks-folder.ts'

const GOOD = '#!/bin/sh\n# Fine.\n'

/** Files that are no tasks, and what is said of each. */
const BROKEN: [file: string, text: string, error: RegExp][] = [
  ['syntax.ts', 'export default function (', /^SyntaxError: .*line 1/],
  ['notErasable.ts', 'enum A { b }\nexport default () => A.b', /enum is not supported/],
  ['noDefault.ts', 'export const task = () => 1', /no default export that is a function/],
  ['throws.ts', "throw new TypeError('not today')", /^TypeError: not today$/],
  ['ends.ts', 'process.exit(7)', /ended while it was loaded \(exit 7\)/],
  ['missing.ts', "import 'no-such-package'\nexport default () => 1", /no-such-package/],
  [
    'badSchema.ts',
    "export const schema = { type: 'object', properties: { a: { type: 'nmber' } } }\nexport default () => 1",
    /at \/properties\/a\/type, which is none of .*number/,
  ],
  ['listSchema.ts', "export const schema = { type: 'array' }\nexport default () => 1", /"type": "object"/],
  [
    'reference.ts',
    "export const schema = { type: 'object', properties: { a: { $ref: '#/$defs/a' } } }\nexport default () => 1",
    /refers to #\/\$defs\/a/,
  ],
  [
    'remote.ts',
    "export const schema = { type: 'object', $ref: 'https://example.com/x' }\nexport default () => 1",
    /refers to https/,
  ],
  [
    'picture.ts',
    "export const schema = { type: 'object', properties: { a: { type: 'number', format: 'picture' } } }\nexport default () => 1",
    /"type": "string"/,
  ],
  [
    'circle.ts',
    'const schema: any = { type: "object" }; schema.self = schema\nexport { schema }\nexport default () => 1',
    /Its schema is no JSON/,
  ],
  [
    'badLimits.ts',
    "export const limits = { seconds: 'long' }\nexport default () => 1",
    /limits.seconds has to be a number/,
  ],
  ['oddLimits.ts', 'export const limits = { cores: 3 }\nexport default () => 1', /limits has cores/],
  [
    'fewBytes.ts',
    "export const limits = { memory: '500' }\nexport default () => 1",
    /limits.memory has to be an amount/,
  ],
  [
    'talks.ts',
    "export const schema = { type: 'object', title: 'x'.repeat(3e6) }\nexport default () => 1",
    /longer than/,
  ],
  ['syntax.py', 'def task(params:\n', /^SyntaxError: .*line 1/],
  ['none.py', 'x = 1', /no function `task`/],
  ['numeric.py', 'import no_such_module\ndef task(p): pass', /No module named 'no_such_module'.*\/usr\/bin\/python3/],
  ['three.py', 'def task(a, b, c): pass', /takes 3 values/],
  ['raises.py', '{}["k"]', /^KeyError: 'k'$/],
  ['set.py', 'schema = {1, 2}\ndef task(p): pass', /schema is a set/],
  ['dies.py', 'import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)', /ended while it was loaded/],
  ['windows.sh', '#!/bin/sh\r\necho', /Windows/],
  ['strange.rb', '#!/usr/bin/env no-such-interpreter\n', /no-such-interpreter, which its first line names/],
  ['alone.task.json', '{}', /"run" is missing/],
  ['noJson.task.json', '{', /noJson.task.json is no JSON/],
  ['unknown.task.json', '{"run": ["true"], "colour": 1}', /has colour/],
  ['badRun.task.json', '{"run": "true"}', /run in badRun.task.json/],
  ['gone.task.json', '{"run": ["./nowhere"]}', /\.\/nowhere, which its manifest has run/],
  ['both/task.ts', '', /both\/task.ts and both\/task.py are both there/],
  ['bad name.py', '', /"bad name" is no name for a task/],
  ['9lives.ts', '', /Rename 9lives.ts/],
]
const nameOf = (file: string) => file.replace(/(\.task\.json|\.\w+|\/.*)$/, '')

test('a broken task is listed with what is wrong with it, and harms no other', async () => {
  const files = BROKEN.filter(([file]) => !file.startsWith('syntax.py'))
  const tasks = await TasksFolder.open(onTestFinished, Object.fromEntries(files))
  tasks.write('both/task.py', '')
  tasks.write('good.sh', GOOD)
  const { tasks: found, broken } = await tasks.catalog.list()
  expect(found.map(({ name }) => name)).toEqual(['good'])
  for (const [file, , error] of files) {
    const one = broken.find(({ name }) => name === nameOf(file))
    expect(one, file).toEqual({ name: nameOf(file), source: expect.any(String), isOperators: true, error: one?.error })
    expect(one?.error, file).toMatch(error)
  }
  expect(broken).toHaveLength(files.length)
})

test('the same name twice, links that lead nowhere or in a circle, what is no file, what may not be run', async () => {
  const tasks = await TasksFolder.open(onTestFinished, {
    ...{ 'two.ts': 'x', 'two.py': 'x', 'three.sh': GOOD, 'three/task.sh': GOOD, 'good.sh': GOOD },
    ...{ 'manifests/task.json': '{"run":["true"]}', 'manifests.task.json': '{"run":["true"]}' },
    'syntax.py': 'def task(params:\n',
  })
  const at = (path: string) => join(tasks.folder, path)
  symlinkSync('/nowhere/at/all', at('lost.py'))
  symlinkSync(at('round.ts'), at('round.ts'))
  mkdirSync(at('inFolder'))
  for (const pipe of ['pipe.ts', 'waits.task.json', 'inFolder/task.py', 'alone']) execFileSync('mkfifo', [at(pipe)])
  writeFileSync(at('waits.sh'), GOOD)
  writeFileSync(at('large.sh'), GOOD)
  writeFileSync(at('large.task.json'), '{}')
  truncateSync(at('large.task.json'), 1e12)
  copyFileSync('/bin/true', at('unfit'))
  chmodSync(at('unfit'), 0o644)
  writeFileSync(at('nothing'), 'neither this nor that')
  chmodSync(at('nothing'), 0o755)
  mkdirSync(at('folder.py'))
  const { tasks: found, broken } = await tasks.catalog.list()
  expect(found.map(({ name }) => name)).toEqual(['good'])
  const errors = Object.fromEntries(broken.map(({ name, error }) => [name, error]))
  expect(errors).toEqual({
    two: 'two is there in 2 forms, two.py and two.ts: leave one of them.',
    three: 'three is there in 2 forms, three.sh and three/: leave one of them.',
    manifests: expect.stringContaining('both speak of it'),
    lost: 'lost.py is a link that leads nowhere.',
    round: 'round.ts is a link that leads nowhere.',
    pipe: 'pipe.ts is no file.',
    waits: 'waits.task.json is no file.',
    inFolder: 'inFolder/task.py is no file.',
    large: 'large.task.json is larger than 1048576 bytes.',
    nothing: expect.stringContaining('neither a program of this machine nor a script'),
    syntax: expect.stringContaining('SyntaxError'),
  })
})

test('one that hangs while it is described is ended with all that it started; the others do not wait for it', async () => {
  const hang = `import { spawn } from 'node:child_process'
spawn('sh', ['-c', 'sleep 100; : ' + import.meta.dirname], { detached: true })
for (;;);`
  const tasks = await TasksFolder.open(onTestFinished, { 'good.sh': GOOD }, { loadMs: 4000, listMs: 500 })
  tasks.write('hang.ts', hang)
  const loads = join(tasks.folder, '.loads')
  tasks.write('waits.py', `import time\nopen(${JSON.stringify(loads)}, 'a').write('x')\ntime.sleep(1000)\n`)
  const listing = tasks.catalog.list()
  expect(await tasks.task('good')).toMatchObject({ description: 'Fine.' })
  const { tasks: found, broken } = await listing
  expect(found.map(({ name }) => name)).toEqual(['good'])
  // A list does not wait for them; whoever asks for one does.
  expect(broken.map(({ error }) => error)).toEqual(Array(2).fill(expect.stringMatching(/^It is being loaded/)))
  expect(await Promise.all(['hang', 'waits'].map((name) => tasks.error(name)))).toEqual(
    Array(2).fill('It took more than 4 s to load.'),
  )
  expect(leftOf(tasks.folder, 'no other')).toEqual([])
  // It is known now, although it had just been written: nobody waits for it again.
  const again = (await tasks.catalog.list()).broken.map(({ error }) => error)
  expect(again).toEqual(Array(2).fill('It took more than 4 s to load.'))
  expect(readFileSync(loads, 'utf8')).toBe('x')
})

test('what stands at the top of a file has the bounds of a task, and sees none of our secrets', async (context) => {
  const { containment } = await boundsOfMachine()
  const { folder: data } = await someFolders()
  writeFileSync(join(data, 'state.db'), 'SQLite')
  const files = {
    'daemon.py': `import subprocess
subprocess.Popen(['sh', '-c', 'sleep 100; : ' + __file__], start_new_session=True)
def task(params): return 1`,
    'huge.py': 'x = b"x" * 1_500_000_000\ndef task(params): return len(x)',
    'reads.py': `import glob
text = ''
for path in glob.glob('/proc/*/environ') + ['${data}/state.db']:
    try: text += open(path, encoding='latin1').read()
    except OSError: pass
raise Exception('found:' + ''.join(word for word in ['npm_' + 'config', 'VITE' + 'ST', 'SQ' + 'Lite'] if word in text))
def task(params): return 1`,
  }
  const tasks = await TasksFolder.open(onTestFinished, files, { hidden: [data] })
  const { tasks: found, broken } = await tasks.catalog.list()
  expect(found.map(({ name }) => name)).toEqual(['daemon'])
  expect(leftOf(tasks.folder, 'no other')).toEqual([])
  const errors = Object.fromEntries(broken.map(({ name, error }) => [name, error]))
  expect(errors.huge).toMatch(/^It took more than 700 MB of memory|MemoryError/)
  if (!containment.mounted || !containment.words.includes('/proc')) return context.skip('nothing can be hidden here')
  expect(errors.reads).toMatch(/found:$/)
})

test('what a task prints while it is loaded is nothing to anybody', async () => {
  const tasks = await TasksFolder.open(onTestFinished, {
    'loud.ts': "console.log('___TASK STATUS___')\nconsole.error('x'.repeat(1e6))\nexport default () => 1",
    'loud.py': 'print("{}" * 1000000)\ndef task(p): return 1',
  })
  expect((await tasks.names()).broken).toEqual(['loud'])
  tasks.write('quiet.ts', "console.log('___TASK STATUS___')\nconsole.error('x'.repeat(1e6))\nexport default () => 1")
  tasks.write('quieter.py', 'print("{}" * 1000000)\ndef task(p): return 1')
  expect((await tasks.names()).tasks).toEqual(['quiet', 'quieter'])
})

test('a folder of a task with too many files says so, and what lies under a dot does not count', async () => {
  const tasks = await TasksFolder.open(onTestFinished, { 'big/task.sh': GOOD })
  mkdirSync(join(tasks.folder, 'big/.data'))
  for (let i = 0; i < 1001; i++) writeFileSync(join(tasks.folder, `big/.data/${i}`), '')
  expect(await tasks.task('big')).toMatchObject({ source: 'big/' })
  mkdirSync(join(tasks.folder, 'big/data'))
  for (let i = 0; i < 1001; i++) writeFileSync(join(tasks.folder, `big/data/${i}`), '')
  expect(await tasks.error('big')).toContain('more than 1000 files')
})

test('where there is no Python, a Python task says what to install', async () => {
  const tasks = await TasksFolder.open(onTestFinished, { 'a.py': 'def task(p): pass' }, { path: '/nowhere' })
  expect(await tasks.error('a')).toContain('apt-get install python3')
})

/** What nobody has asked about yet after its end is no longer alive. */
