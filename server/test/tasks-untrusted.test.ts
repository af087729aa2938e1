import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Image, writeFits } from '@ajar/images'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { needsProgram } from '../../test/setup/needs.ts'
import type { OperationTask } from '../src/datasessions/execution/perform-messages.ts'
import { performOperation } from '../src/datasessions/execution/perform-operation.ts'
import { regularFileIn } from '../src/sandbox/tar-entry.ts'
import { externalOperation } from '../src/tasks/perform/perform-task.ts'
import type { ExternalTask } from '../src/tasks/task.ts'
import { shownTask } from '../src/tasks/task-body.ts'
import { launchInBox, seenParams } from '../src/tasks/untrusted/launch-in-box.ts'
import { needsBoxes } from './boxed.ts'
import { LIMITS, TasksFolder } from './tasks-folder.ts'
import { temporaryFolder } from './temporary-folder.ts'

beforeEach(needsBoxes)

const SECRET = 'what nobody may read'

/** Boxes are other users: an operator lets them read his folder. */
async function untrusted(files: Record<string, string>) {
  const under = Object.fromEntries(Object.entries(files).map(([path, text]) => [`untrusted/${path}`, text]))
  const tasks = await TasksFolder.open(onTestFinished, under)
  chmodSync(tasks.folder, 0o755)
  return tasks
}

/** Runs a task as the process of a job worker does. */
async function run(
  tasks: TasksFolder,
  name: string,
  { params = {}, limits = {}, image }: { params?: object; limits?: Partial<typeof LIMITS>; image?: Buffer } = {},
) {
  const task = await tasks.task(name)
  const folder = await temporaryFolder(onTestFinished)
  const [workFolder, outFolder] = [join(folder, 'work'), join(folder, 'out')]
  for (const one of [workFolder, outFolder]) mkdirSync(one, { mode: 0o700 })
  const pictures: Record<string, string> = {}
  if (image) {
    mkdirSync(join(workFolder, 'pictures'))
    pictures._imageURL = join(workFolder, 'pictures', 'a.fits')
    writeFileSync(pictures._imageURL, image)
  }
  const { outfile } = await launchInBox({
    ...{ command: task.command, name, workFolder, outFolder, untrusted: task.untrusted as string },
    params: { ...params, ...seenParams(pictures, workFolder) },
    limits: { ...LIMITS, memoryBytes: 1e9, ...limits },
    signal: new AbortController().signal,
  })
  expect(readdirSync(outFolder)).toEqual([outfile.slice(outFolder.length + 1)])
  return readFileSync(outfile, 'utf8')
}

async function* none() {}

/** Says that `$out/result` is its result, unless it said something else before. */
const SH = (body: string, said = '$out/result') => `#!/bin/sh
while [ $# -gt 0 ]; do case "$1" in -i) in="$2";; -o) out="$2";; esac; shift 2; done
${body}
echo "___TASK STATUS___"
echo "{\\"outfile\\": \\"${said}\\"}"
`

describe('a task in the folder of untrusted ones', () => {
  test('is listed as such and by what it declares, which a box is asked for', async () => {
    const secret = join(await temporaryFolder(onTestFinished), 'secret')
    writeFileSync(secret, SECRET)
    const tasks = await untrusted({
      'look.ts': `import { existsSync } from 'node:fs'
import { word } from './_word.ts'
/** Looks. */
export const schema = { type: 'object', title: \`\${word} \${existsSync('${secret}')} \${process.env.HOME}\`, properties: {} }
export default () => 1
`,
      '_word.ts': "export const word: string = 'seen'\n",
      'count.py':
        '"""Counts."""\nschema = {"type": "object", "properties": {"n": {"type": "number"}}}\ndef task(params):\n    return 1\n',
      'plain.sh': '#!/bin/sh\n# Says nothing.\n',
    })
    expect(await tasks.task('look')).toMatchObject({
      ...{ title: 'Look', language: 'typescript', isOperators: true, untrusted: join(tasks.folder, 'untrusted') },
      schema: { title: 'seen false /box/task' },
    })
    expect(await tasks.task('count')).toMatchObject({ description: 'Counts.', schema: { properties: { n: {} } } })
    expect(await tasks.task('plain')).toMatchObject({ description: 'Says nothing.', schema: null })
    const { tasks: all } = await tasks.catalog.list()
    expect(all.map((task) => [task.name, shownTask(task).sandboxed])).toEqual([
      ...[
        ['count', true],
        ['look', true],
        ['plain', true],
      ],
    ])
    const before = (await tasks.task('look')).fingerprint
    tasks.write('untrusted/_word.ts', "export const word: string = 'otherwise'\n")
    expect((await tasks.task('look')).fingerprint).not.toBe(before)
  })

  test('stands in place of none that is trusted, and its files make none', async () => {
    const tasks = await untrusted({
      'one.sh': '#!/bin/sh\n',
      'task.sh': '#!/bin/sh\n',
      'task.json': '{"run":["true"]}',
    })
    tasks.write('one.sh', '#!/bin/sh\n# Trusted.\n')
    const { tasks: all, broken } = await tasks.catalog.list()
    expect(all.map((task) => [task.name, shownTask(task).sandboxed])).toEqual([
      ['one', false],
      ['task', true],
    ])
    expect(broken).toEqual([])
  })

  test('runs nothing of its own outside of a box to be described, and is no link to what lies elsewhere', async (context) => {
    needsProgram('python3', 'python3', context)
    const mark = join(await temporaryFolder(onTestFinished), 'mark')
    chmodSync(join(mark, '..'), 0o777)
    const evil = `#!/bin/sh\ntouch '${mark}'\nexec /usr/bin/python3 "$@"\n`
    const tasks = await untrusted({
      'own/task.py': 'def task(params):\n    return 1\n',
      'own/.venv/bin/python3': evil,
      'first.py': '#!/usr/bin/env python3\ndef task(params):\n    return 1\n',
      evil: evil,
    })
    tasks.write('untrusted/named.py', `#!${join(tasks.folder, 'untrusted/evil')}\ndef task(params):\n    return 1\n`)
    for (const name of ['own', 'first', 'named'])
      expect((await tasks.task(name)).command[0], name).toMatch(/^\/usr\/bin\/python3/)
    expect(existsSync(mark)).toBe(false)
    writeFileSync(join(tasks.folder, 'secret.sh'), `#!/bin/sh\n# ${SECRET}\n`)
    symlinkSync('../secret.sh', join(tasks.folder, 'untrusted/linked.sh'))
    expect(await tasks.error('linked')).toBe('linked.sh is a link out of the folder, which no untrusted task may have.')
  })

  test('may ask for less than others, not for more', async () => {
    const tasks = await untrusted({
      'small.sh': '#!/bin/sh\n',
      'small.task.json': '{"limits": {"seconds": 3, "memory": "50GB", "processes": 5000}}',
    })
    expect((await tasks.task('small')).limits).toEqual({ ...LIMITS, ms: 3000 })
  })

  test('of a folder that boxes cannot read is broken, and says what to do', async (context) => {
    if (process.geteuid?.() !== 0) context.skip('boxes are the same user here')
    const tasks = await untrusted({ 'one.ts': 'export default () => 1\n' })
    chmodSync(tasks.folder, 0o700)
    expect(await tasks.error('one')).toContain(`chmod o+x ${tasks.folder}`)
  })
})

describe('an untrusted task that runs', () => {
  test('reads its picture and answers, in TypeScript and in Python', async (context) => {
    needsProgram('python3', 'python3', context)
    const picture: Image = { width: 6, height: 4, planes: 1, samples: Int16Array.from({ length: 24 }, (_, i) => i) }
    const tasks = await untrusted({
      'size.ts': `export default async function task(params, work) {
  const { width, height } = await work.image(params._imageURL)
  return { width, height, n: params.n }
}
`,
      'bytes.py': `import os, csv
def task(params):
    with open("rows.csv", "w", newline="") as file:
        csv.writer(file).writerows([("bytes",), (os.path.getsize(params["_imageURL"]),)])
    return {"outfile": "rows.csv"}
`,
    })
    const file = join(await temporaryFolder(onTestFinished), 'a.fits')
    await writeFits(file, picture)
    const image = readFileSync(file)
    const given = { params: { n: 3 }, image }
    expect(JSON.parse(await run(tasks, 'size', given))).toEqual({ width: 6, height: 4, n: 3 })
    expect(await run(tasks, 'bytes', given)).toBe(`bytes\r\n${image.length}\r\n`)
  })

  test('does so in a job worker, as other tasks do', async () => {
    const tasks = await untrusted({
      'word.ts': 'export default (params, { work, out }) => ({ ...params, work, out })\n',
    })
    const { name, command, limits, untrusted: from } = await tasks.task('word')
    const folder = await temporaryFolder(onTestFinished)
    const external: ExternalTask = {
      ...{ name, command, limits, schema: null, pictures: [], params: { a: 1 } },
      ...JSON.parse(JSON.stringify({ untrusted: from })),
    }
    const task: OperationTask = {
      ...{ operation: name, external, values: {}, fileFields: [], cameras: {}, framesFolder: folder },
      ...{ modelsFolder: folder, engine: 'auto', folder: join(folder, 'run'), mostBytes: 1e9 },
    }
    const made = await performOperation([], externalOperation)(task, none(), async () => {})
    expect(made.data).toEqual([{ kind: 'json', value: { a: 1, work: '/box/task', out: '/box/out' } }])
  })

  test('sees no file, no environment and no process of this machine, and writes to none', async () => {
    const secret = join(await temporaryFolder(onTestFinished), 'secret')
    writeFileSync(secret, SECRET)
    chmodSync(join(secret, '..'), 0o777)
    process.env.AJAR_BAIT = SECRET
    onTestFinished(() => void delete process.env.AJAR_BAIT)
    const tasks = await untrusted({
      'look.sh': SH(`{ cat '${secret}'; cat /proc/*/environ; ls /proc | grep -c '^[0-9]'; id -u
echo x >'${secret}'; echo x >"$0.x"; echo x >/tasks/x; ls /ajar; cat /etc/shadow; } >$out/result 2>/dev/null`),
    })
    const seen = await run(tasks, 'look')
    expect(seen).not.toContain(SECRET)
    expect(seen).toMatch(/\n1002\n/)
    expect(readFileSync(secret, 'utf8')).toBe(SECRET)
    expect(readdirSync(join(tasks.folder, 'untrusted'))).toEqual(['look.sh'])
  })

  const RESULTS: [what: string, body: string, said: string, message: RegExp][] = [
    ['a link', 'ln -s /etc/passwd $out/result', '$out/result', /no regular file/],
    ['a link to a folder', 'ln -s /etc $out/etc', '$out/etc/passwd', /no regular file/],
    ['a pipe', 'mkfifo $out/result', '$out/result', /no regular file/],
    ['a folder', 'mkdir $out/result', '$out/result', /no regular file/],
    ['missing', ':', '$out/result', /not there/],
    ['elsewhere', ':', '/etc/passwd', /lies outside/],
    ['above', ':', '$out/../../etc/passwd', /lies outside/],
  ]
  test.for(RESULTS)('gives no result that is %s', async ([, body, said, message]) => {
    const tasks = await untrusted({ 'give.sh': SH(body, said) })
    await expect(run(tasks, 'give')).rejects.toMatchObject({
      code: 'bad_outfile',
      message: expect.stringMatching(message),
    })
  })

  test('gives a result under a name of its own, however long, and of what else it left nothing is taken', async () => {
    const name = `${'n'.repeat(150)}; rm -rf`
    const tasks = await untrusted({
      'give.sh': SH(`echo first >$out/other; ln -s /etc $out/link; echo mine >"$out/${name}"`, `$out/${name}`),
    })
    expect(await run(tasks, 'give')).toBe('mine\n')
  })

  const BOUNDS: [code: string, limits: Partial<typeof LIMITS>, body: string][] = [
    ['timeout', { ms: 500 }, 'while :; do :; done'],
    ['too_much_memory', { memoryBytes: 40e6 }, '(head -c 90000000 /dev/zero; sleep 1) | tail -c +2 | tail >/dev/null'],
    ['too_many_processes', { processes: 8 }, 'i=0; while [ $i -lt 30 ]; do sleep 2 & i=$((i + 1)); done; wait'],
    ['too_much_output', { outputBytes: 1e6 }, 'head -c 2000000 /dev/zero'],
    ['task_failed', {}, 'exit 3'],
  ]
  test.for(BOUNDS)('is ended with the code %s', async ([code, limits, body]) => {
    const tasks = await untrusted({ 'large.sh': SH(body) })
    await expect(run(tasks, 'large', { limits })).rejects.toMatchObject({ code })
  })
})

test('of an archive one regular file is read, by its name, and nothing of one that is cut off', async () => {
  const folder = await temporaryFolder(onTestFinished)
  const long = `out/${'a'.repeat(60)}/${'b'.repeat(80)}`
  mkdirSync(join(folder, long, '..'), { recursive: true })
  writeFileSync(join(folder, long), 'long')
  writeFileSync(join(folder, 'out/short'), Buffer.alloc(3000, 'x'))
  symlinkSync('short', join(folder, 'out/link'))
  for (const format of ['gnu', 'ustar', 'posix']) {
    const archive = execFileSync('tar', ['-c', '-f', '-', `--format=${format}`, 'out'], { cwd: folder })
    const name = (path: string) => regularFileIn(archive, path)?.toString()
    expect(name('out/short'), format).toBe('x'.repeat(3000))
    expect(name(long), format).toBe('long')
    for (const none of ['out', 'out/link', 'short', '']) expect(name(none), format).toBeUndefined()
    for (let cut = 0; cut < archive.length; cut += 512) regularFileIn(archive.subarray(0, cut + 100), 'out/nothing')
  }
  expect(regularFileIn(Buffer.alloc(5000, 0xff), 'out/short')).toBeNull()
})
