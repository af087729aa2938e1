import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Catalog } from '../src/tasks/catalog/catalog.ts'
import { Descriptions } from '../src/tasks/catalog/descriptions.ts'
import { fileNow } from '../src/tasks/catalog/identity.ts'
import { SHIPPED } from '../src/tasks/open-tasks.ts'
import { LIMITS, TasksFolder } from './tasks-folder.ts'
import { temporaryFolder } from './temporary-folder.ts'

const TS = (word: string) => `/** Says ${word}. */\nexport default () => ({ word: '${word}' })\n`
const PY = (word: string) => `def task(params):\n    """Says ${word}."""\n    return {"word": "${word}"}\n`
const SCHEMA = { type: 'object', properties: { n: { type: 'number' } } }

describe('every form of a task', () => {
  test('TypeScript says what it takes, what it may take and what it does', async () => {
    const tasks = await TasksFolder.open(onTestFinished, {
      'hot_pixel.ts': `
        import type { Nothing } from './nowhere.ts'
        export const schema = {
          type: 'object',
          properties: {
            _imageURL: { type: 'string' },
            flats: { type: 'array', items: { type: 'string', format: 'picture' } },
            dark: { type: 'string', format: 'picture' },
            threshold: { type: 'number' },
          },
          required: ['dark'],
        } as const
        export const cache = false
        export const limits = { seconds: 5, memory: '200MB', processes: 3 }
/**
 * Finds pixels that shine.
 *
 * Slowly.
 * @param params as above
 */
export default function task(params: Nothing) { return {} }`,
    })
    expect(await tasks.catalog.find('hot_pixel')).toEqual({
      ...{ name: 'hot_pixel', title: 'Hot pixel', description: 'Finds pixels that shine.\n\nSlowly.' },
      ...{ language: 'typescript', source: 'hot_pixel.ts', isOperators: true, cached: false },
      schema: expect.objectContaining({ required: ['dark'] }),
      pictures: [
        { name: '_imageURL', isList: false, required: false },
        { name: 'flats', isList: true, required: false },
        { name: 'dark', isList: false, required: true },
      ],
      limits: { ms: 5000, memoryBytes: 200e6, processes: 3, outputBytes: LIMITS.outputBytes },
      command: expect.arrayContaining([process.execPath, join(tasks.folder, 'hot_pixel.ts')]),
      fingerprint: expect.stringMatching(/^[\da-f]{32}$/),
      view: { hidden: [], shown: expect.arrayContaining([tasks.folder]) },
    })
  })

  test('Python does, and a file of the original dispatcher takes a picture without saying so', async () => {
    const tasks = await TasksFolder.open(onTestFinished, {
      'count.py': `"""Counts."""\nschema = ${JSON.stringify(SCHEMA)}\nlimits = {"output": "5MB"}\ndef task(params):\n    return 1\n`,
      'original.py': 'def task(filename, params):\n    """\n    Looks at it.\n    """\n    return {}, None\n',
      'plain.py': PY('hi'),
    })
    expect(await tasks.task('count')).toMatchObject({ description: 'Counts.', schema: SCHEMA, language: 'python' })
    expect((await tasks.task('count')).limits).toEqual({ ...LIMITS, outputBytes: 5e6 })
    expect(await tasks.task('original')).toMatchObject({
      description: 'Looks at it.',
      pictures: [{ name: '_imageURL', isList: false, required: true }],
    })
    expect(await tasks.task('plain')).toMatchObject({
      ...{ schema: null, description: 'Says hi.', cached: true },
      pictures: [{ name: '_imageURL', isList: false, required: false }],
    })
  })

  test("Python is that of the task's own .venv, else the one that its first line names, else python3", async () => {
    const py = 'import sys\ndef task(params): return [sys.executable, sys.prefix]\n'
    const tasks = await TasksFolder.open(onTestFinished, {
      'plain.py': py,
      'kernels.py': `#!/usr/bin/env python3\r\n${py}`,
      'old.py': `#!/usr/bin/python-of-no-debian/python\n${py}`,
      'missing.py': `#!/opt/nowhere/bin/python3\n${py}`,
      'none.py': `#!/bin/true\n${py}`,
      'own/task.py': `#!/opt/nowhere/bin/python3\nimport only_here\n${py}`,
    })
    const venv = join(tasks.folder, 'own/.venv')
    const made = () => {
      execFileSync('/usr/bin/python3', ['-m', 'venv', '--without-pip', venv])
      const [version = ''] = readdirSync(join(venv, 'lib'))
      writeFileSync(join(venv, 'lib', version, 'site-packages/only_here.py'), '')
    }
    for (const name of ['plain', 'kernels', 'old'])
      expect((await tasks.call(name)).result, name).toEqual(['/usr/bin/python3', '/usr'])
    expect(await tasks.error('missing')).toMatch(
      /^\/opt\/nowhere\/bin\/python3, which the first line of missing.py names,/,
    )
    expect(await tasks.error('none')).toMatch(/^\/bin\/true, which .* names, is no Python: 3\.8 or later/)
    // It is made later than the task, and seen.
    expect(await tasks.error('own')).toMatch(/^\/opt\/nowhere\/bin\/python3, which the first line of task.py names,/)
    made()
    expect((await tasks.call('own')).result).toEqual([join(venv, 'bin/python3'), venv])
    const { fingerprint } = await tasks.task('own')
    expect(fingerprint).not.toBe((await tasks.task('plain')).fingerprint)
    rmSync(join(venv, 'lib'), { recursive: true })
    tasks.write('own/task.py', `${py}\nimport only_here\n`)
    expect(await tasks.error('own')).toBe(
      `ModuleNotFoundError: No module named 'only_here': where nothing of that name lies beside the task, install it for ${join(venv, 'bin/python3')}`,
    )
    // An interpreter that a first line names may be installed later than the task, too.
    const later = join(tasks.folder, '.later')
    tasks.write('later.py', `#!${later}\n${py}`)
    expect(await tasks.error('later')).toContain('is no program here')
    symlinkSync('/usr/bin/python3', later)
    expect((await tasks.call('later')).result).toEqual([later, '/usr'])
  })

  test('scripts, programs, folders, and whatever a manifest has run', async () => {
    const tasks = await TasksFolder.open(onTestFinished, {
      'shell.sh': '#!/bin/sh\n# Says hi.\n#\n# Twice.\n\n# Not this.\necho hi\n',
      'awkward.awk': '#!/usr/bin/awk -f\nBEGIN {}\n',
      'inFolder/task.py': PY('hi'),
      'inFolder/task.json': JSON.stringify({ title: 'In a folder', params: SCHEMA, limits: { seconds: 7 } }),
      'bare/task': '#!/bin/sh\n',
      'declared/task.json': JSON.stringify({
        run: ['python3', './bin/main.py', '--fast'],
        description: 'By manifest.',
      }),
      'declared/bin/main.py': '',
      'table.task.json': JSON.stringify({ run: ['cat'] }),
      'beside.py': PY('hi'),
      'beside.task.json': JSON.stringify({ description: 'Better words.', params: SCHEMA }),
    })
    copyFileSync('/bin/true', join(tasks.folder, 'binary'))
    chmodSync(join(tasks.folder, 'binary'), 0o755)
    const { tasks: found, broken } = await tasks.catalog.list()
    expect(broken).toEqual([])
    const by = Object.fromEntries(found.map((task) => [task.name, task]))
    const at = (path: string) => join(tasks.folder, path)
    expect(Object.keys(by)).toEqual(
      ['awkward', 'bare', 'beside', 'binary', 'declared', 'inFolder', 'shell', 'table'].sort(),
    )
    expect(by.shell).toMatchObject({ description: 'Says hi.\n\nTwice.', command: ['/bin/sh', at('shell.sh')] })
    expect(by.awkward?.command).toEqual(['/usr/bin/awk', '-f', at('awkward.awk')])
    expect(by.binary).toMatchObject({ command: [at('binary')], language: 'executable', schema: null })
    expect(by.bare).toMatchObject({ source: 'bare/', command: ['/bin/sh', at('bare/task')] })
    expect(by.inFolder).toMatchObject({ title: 'In a folder', schema: SCHEMA, language: 'python', source: 'inFolder/' })
    expect(by.inFolder?.limits.ms).toBe(7000)
    expect(by.declared?.command).toEqual(['/usr/bin/python3', at('declared/bin/main.py'), '--fast'])
    expect(by.declared?.description).toBe('By manifest.')
    expect(by.table?.command).toEqual(['/usr/bin/cat'])
    expect(by.beside).toMatchObject({ description: 'Better words.', schema: SCHEMA, title: 'Beside' })
  })

  test('what is none is passed over', async () => {
    const tasks = await TasksFolder.open(onTestFinished, {
      ...{ 'README.md': '# Tasks', 'data.csv': '1,2', 'notes.txt': 'x', '_helper.py': 'x = 1', '.hidden.ts': 'x' },
      ...{
        'a.test.ts': 'x',
        'a.d.ts': 'x',
        'pictures/one.txt': 'x',
        'node_modules/task.ts': 'x',
        'not a task.sh': 'x',
      },
      ...{ '__pycache__/task.py': 'x', 'real.ts': TS('hi') },
    })
    chmodSync(join(tasks.folder, 'data.csv'), 0o777)
    expect(await tasks.names()).toEqual({ tasks: ['real'], broken: [] })
  })

  test('a folder that is not there holds none, and no folder need be named', async () => {
    const none = new Catalog({ ownFolder: '/nowhere/at/all', folder: '/nowhere/else', limits: LIMITS })
    expect(await none.list()).toEqual({ tasks: [], broken: [] })
    expect(await none.find('x')).toBeUndefined()
    const unset = new Catalog({ ownFolder: null, folder: '/nowhere', limits: LIMITS })
    expect(await unset.list()).toEqual({ tasks: [], broken: [] })
  })

  test("the operator's stands in place of ajar's, also when it is broken", async () => {
    const ajars = await temporaryFolder(onTestFinished)
    writeFileSync(join(ajars, 'noise.ts'), TS('ours'))
    writeFileSync(join(ajars, 'other.ts'), TS('ours'))
    const tasks = await TasksFolder.open(onTestFinished, { 'noise.py': PY('theirs') }, { folder: ajars })
    expect(await tasks.names()).toEqual({ tasks: ['noise', 'other'], broken: [] })
    expect(await tasks.task('noise')).toMatchObject({ isOperators: true, description: 'Says theirs.' })
    expect(await tasks.task('other')).toMatchObject({ isOperators: false })
    tasks.write('noise.py', 'def task(')
    expect(await tasks.names()).toEqual({ tasks: ['other'], broken: ['noise'] })
    rmSync(join(tasks.folder, 'noise.py'))
    expect(await tasks.task('noise')).toMatchObject({ isOperators: false, description: 'Says ours.' })
  })
})

test('a file of the operator beside those of ajar did not come with it', async () => {
  const folder = await temporaryFolder(onTestFinished)
  for (const name of ['noise', 'mine']) writeFileSync(join(folder, `${name}.ts`), TS(name))
  writeFileSync(join(folder, 'wrong.ts'), 'export default function task( {')
  const catalog = new Catalog({ ownFolder: null, folder, limits: LIMITS, shipped: new Set(['noise']) })
  const { tasks, broken } = await catalog.list()
  expect(tasks.map(({ name, isOperators }) => [name, isOperators])).toEqual([
    ['mine', true],
    ['noise', false],
  ])
  expect(broken).toMatchObject([{ name: 'wrong', isOperators: true }])
})

test("what comes with ajar is what lies in its folder; one's own belongs into the folder of AJAR_TASKS_DIR", () => {
  const files = readdirSync(new URL('../tasks', import.meta.url)).filter((name) => /^[A-Za-z].*\.ts$/.test(name))
  expect(new Set(files.map((name) => name.replace(/\.ts$/, '')))).toEqual(SHIPPED)
})

describe('a change counts at the next call', () => {
  test.each([
    ['TypeScript', 'word.ts', TS, 'export default ('],
    ['Python', 'word.py', PY, 'def task(:'],
  ])('%s is edited, broken, mended, deleted and added', async (_, file, text, bad) => {
    const tasks = await TasksFolder.open(onTestFinished, { [file]: text('one'), 'other.sh': '#!/bin/sh\n' })
    await settled()
    expect(await tasks.task('word')).toMatchObject({ description: 'Says one.' })
    const { fingerprint } = await tasks.task('word')
    // As long, and written at once after it was looked at.
    tasks.write(file, text('two'))
    expect(await tasks.task('word')).toMatchObject({ description: 'Says two.' })
    expect((await tasks.task('word')).fingerprint).not.toBe(fingerprint)
    tasks.write(file, bad)
    expect(await tasks.error('word')).toContain('SyntaxError')
    expect(await tasks.names()).toEqual({ tasks: ['other'], broken: ['word'] })
    tasks.write(file, text('one'))
    expect(await tasks.task('word')).toMatchObject({ description: 'Says one.', fingerprint })
    rmSync(join(tasks.folder, file))
    expect(await tasks.catalog.find('word')).toBeUndefined()
    expect(await tasks.names()).toEqual({ tasks: ['other'], broken: [] })
    tasks.write(file, text('new'))
    expect(await tasks.names()).toEqual({ tasks: ['other', 'word'], broken: [] })
  })

  test('so do what it imports from beside itself, its manifest, and a link that leads elsewhere', async () => {
    const tasks = await TasksFolder.open(onTestFinished, {
      'a.ts':
        "import { word } from './_word.ts'\nexport const schema = { type: 'object', title: word }\nexport default () => word\n",
      '_word.ts': "export { word } from './_deeper.ts'\n",
      '_deeper.ts': "export const word = 'one'\n",
      'b.py': 'import _words\nschema = {"type": "object", "title": _words.word}\ndef task(params): return 1\n',
      '_words.py': 'word = "one"\n',
    })
    const titles = async () => [(await tasks.task('a')).schema?.title, (await tasks.task('b')).schema?.title]
    await settled()
    expect(await titles()).toEqual(['one', 'one'])
    tasks.write('_deeper.ts', "export const word = 'two'\n")
    tasks.write('_words.py', 'word = "two"\n')
    expect(await titles()).toEqual(['two', 'two'])
    rmSync(join(tasks.folder, '_words.py'))
    expect(await tasks.error('b')).toContain("No module named '_words'")
    tasks.write('_words.py', 'word = "three"\n')
    expect(await titles()).toEqual(['two', 'three'])
    rmSync(join(tasks.folder, '_word.ts'))
    expect(await tasks.error('a')).toContain('_word.ts')
    tasks.write('_word.ts', "export const word = 'four'\n")
    expect(await titles()).toEqual(['four', 'three'])
    tasks.write('a.task.json', JSON.stringify({ params: { type: 'object', title: 'five' } }))
    expect(await titles()).toEqual(['five', 'three'])
    const elsewhere = await temporaryFolder(onTestFinished)
    for (const word of ['left', 'right']) writeFileSync(join(elsewhere, `${word}.py`), PY(word))
    const link = join(tasks.folder, 'linked.py')
    symlinkSync(join(elsewhere, 'left.py'), link)
    expect(await tasks.task('linked')).toMatchObject({ description: 'Says left.' })
    rmSync(link)
    symlinkSync(join(elsewhere, 'right.py'), link)
    expect(await tasks.task('linked')).toMatchObject({ description: 'Says right.' })
  })

  test('a copy with the times of what it replaces is seen; touching a file makes no other task of it', async () => {
    const tasks = await TasksFolder.open(onTestFinished, { 'a.py': PY('one') })
    const file = join(tasks.folder, 'a.py')
    utimesSync(file, 1e9, 1e9)
    const { fingerprint } = await tasks.task('a')
    utimesSync(file, 1.1e9, 1.1e9)
    expect((await tasks.task('a')).fingerprint).toBe(fingerprint)
    writeFileSync(join(tasks.folder, '_new'), PY('two'))
    utimesSync(join(tasks.folder, '_new'), 1.1e9, 1.1e9)
    renameSync(join(tasks.folder, '_new'), file)
    expect(await tasks.task('a')).toMatchObject({ description: 'Says two.' })
  })

  test('while lists and finds run', async () => {
    const tasks = await TasksFolder.open(onTestFinished, { 'steady.sh': '#!/bin/sh\n# Stays.\n', 'word.py': PY('a0') })
    let isOver = false
    const asking = ['list', 'find', 'find'].map(async (what) => {
      while (!isOver) {
        if (what === 'list') expect((await tasks.names()).tasks).toContain('steady')
        else await tasks.catalog.find('word')
      }
    })
    for (let i = 1; i <= 3; i++) {
      tasks.write('word.py', PY(`a${i}`))
      expect(await tasks.task('word')).toMatchObject({ description: `Says a${i}.` })
      tasks.write('word.py', 'def')
      expect(await tasks.error('word')).toContain('SyntaxError')
      rmSync(join(tasks.folder, 'word.py'))
      expect(await tasks.catalog.find('word')).toBeUndefined()
    }
    isOver = true
    await Promise.all(asking)
  })

  test('half of a file that is being saved is not taken for the task', async () => {
    const tasks = await TasksFolder.open(onTestFinished, { 'a.ts': 'export default (' })
    const found = tasks.task('a')
    setTimeout(() => tasks.write('a.ts', TS('whole')), 60)
    expect(await found).toMatchObject({ description: 'Says whole.' })
  })

  test('nothing is described again as long as it is the same: also not by many at once', async () => {
    const tasks = await TasksFolder.open(onTestFinished, {
      'count.py': `open(${JSON.stringify('/dev/null')})\nimport time\nschema = {"type": "object", "title": str(time.time_ns())}\ndef task(params): return 1\n`,
    })
    await settled()
    const titles = await Promise.all(Array.from({ length: 8 }, async () => (await tasks.task('count')).schema?.title))
    titles.push((await tasks.catalog.list()).tasks[0]?.schema?.title, (await tasks.task('count')).schema?.title)
    expect(new Set(titles).size).toBe(1)
  })
})

test('what was edited while it was described is described again', async () => {
  const folder = await temporaryFolder(onTestFinished)
  const [file, helper] = [join(folder, 'a.py'), join(folder, '_helper.py')]
  writeFileSync(file, '')
  await settled()
  const form = { name: 'a', source: 'a.py', program: null, manifest: null, files: [file], error: null }
  const descriptions = new Descriptions()
  let times = 0
  const ask = () =>
    descriptions.of('a', form, fileNow, {
      formNow: async () => form,
      describe: async () => {
        times += 1
        if (times === 1) writeFileSync(helper, 'x = 1')
        return { error: `${times}`, beside: [helper] }
      },
    })
  expect(await ask()).toMatchObject({ error: '1' })
  await settled()
  expect(await ask()).toMatchObject({ error: '2' })
  expect(await ask()).toMatchObject({ error: '2' })
})

/** Long enough after the last edit for what is found to be remembered. */
function settled() {
  return new Promise((resolve) => setTimeout(resolve, 150))
}

test('folders that vanish, that may not be read, and that are none', async () => {
  const tasks = await TasksFolder.open(onTestFinished, { 'a.sh': '#!/bin/sh\n', 'deep/task.sh': '#!/bin/sh\n' })
  expect(await tasks.names()).toEqual({ tasks: ['a', 'deep'], broken: [] })
  rmSync(join(tasks.folder, 'deep'), { recursive: true })
  expect(await tasks.names()).toEqual({ tasks: ['a'], broken: [] })
  rmSync(tasks.folder, { recursive: true })
  expect(await tasks.names()).toEqual({ tasks: [], broken: [] })
  writeFileSync(tasks.folder, 'a file')
  expect(await tasks.names()).toEqual({ tasks: [], broken: ['AJAR_TASKS_DIR'] })
  expect(await tasks.error('a')).toContain('ENOTDIR')
  rmSync(tasks.folder)
  mkdirSync(tasks.folder)
})
