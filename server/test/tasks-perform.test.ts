import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { type Image, imageInfo, loadImage, toJpeg, toPng, writeFits } from '@ajar/images'
import { expect, onTestFinished, test, vi } from 'vitest'
import { needsProgram } from '../../test/setup/needs.ts'
import type { Made, OperationTask } from '../src/datasessions/execution/perform-messages.ts'
import { performOperation } from '../src/datasessions/execution/perform-operation.ts'
import type { InputFile } from '../src/datasessions/operation.ts'
import { locate } from '../src/tasks/catalog/locate.ts'
import { outputName } from '../src/tasks/perform/made-outputs.ts'
import { externalOperation } from '../src/tasks/perform/perform-task.ts'
import type { ExternalTask } from '../src/tasks/task.ts'
import { temporaryFolder } from './temporary-folder.ts'

const IMAGE: Image = { width: 6, height: 4, planes: 1, samples: Int16Array.from({ length: 24 }, (_, i) => i * 100) }
const LIMITS = { ms: 60_000, memoryBytes: 2e9, processes: 64, outputBytes: 1e9 }

/** Reads its arguments as the protocol has them: `in` and `out`, and says at its end that `$out/result` is there. */
const SH = (body: string) => `#!/bin/sh
while [ $# -gt 0 ]; do case "$1" in -i) in="$2";; -o) out="$2";; esac; shift 2; done
${body}
echo "___TASK STATUS___"
echo "{\\"outfile\\": \\"$out/result\\"}"
`

/** A tasks folder, and what is asked of the tasks in it. */
async function tasksFolder() {
  const folder = await temporaryFolder(onTestFinished)
  const tasks = join(folder, 'tasks')
  mkdirSync(tasks)
  let runs = 0
  const told = async (
    file: string,
    content: string,
    { params = {}, pictures = [], files = {} }: Partial<ExternalTask> & { files?: Record<string, InputFile[]> } = {},
  ) => {
    writeFileSync(join(tasks, file), content)
    chmodSync(join(tasks, file), 0o755)
    const [name = ''] = file.split('.')
    const found = await locate(name, { ownFolder: tasks, folder: tasks, path: `/usr/bin:${process.env.PATH}` })
    if (!found || !('command' in found)) throw new Error(JSON.stringify(found))
    const external: ExternalTask = {
      ...{ name, command: found.command, limits: LIMITS, schema: null },
      params,
      pictures,
      view: { hidden: [], shown: [folder] },
    }
    const task: OperationTask = {
      ...{ operation: name, external, values: {}, fileFields: Object.keys(files), cameras: {}, framesFolder: folder },
      ...{ modelsFolder: folder, engine: 'auto', folder: join(folder, `run-${++runs}`), mostBytes: 1e9 },
    }
    return { task, files }
  }
  return {
    folder,
    told,
    /** Has a task done as the process of a job worker does it. */
    async perform(...asked: Parameters<typeof told>): Promise<{ made: Made; of(form: string): string }> {
      const { task, files } = await told(...asked)
      const given = async function* () {
        for (const [field, all] of Object.entries(files)) yield { field, files: all }
      }
      const made = await performOperation([], externalOperation)(task, given(), async () => {})
      return { made, of: (form) => join(task.folder, 'out', made.files[0]?.forms[form] ?? `no ${form}`) }
    },
  }
}

function fileAt(path: string, basename: string): InputFile {
  return { basename, source: 'datalab', at: { path }, recorded: null }
}

/** What this process prints: a process of a task prints into the log of its job. */
function printed() {
  const [log, warn] = [vi.spyOn(console, 'log'), vi.spyOn(console, 'warn')].map((one) =>
    one.mockImplementation(() => {}),
  )
  onTestFinished(() => void vi.restoreAllMocks())
  return { log, warn, all: () => [...(log?.mock.calls ?? []), ...(warn?.mock.calls ?? [])].flat().join('\n') }
}

test('a TypeScript task answers JSON, and what it prints is in the log of its job', async () => {
  const { perform } = await tasksFolder()
  const said = printed()
  const params = { text: 'a "quoted"\nline, ünï', list: [1, { deep: null }] }
  const { made, of } = await perform(
    'echoAll.ts',
    'export default (params) => { console.log("on its way"); return params }',
    { params },
  )
  expect(made).toMatchObject({ files: [{ name: 'echo-all', type: 'json' }], data: [{ kind: 'json', value: params }] })
  expect(JSON.parse(readFileSync(of('json'), 'utf8'))).toEqual(params)
  expect(said.log?.mock.calls).toContainEqual(['on its way'])
  expect(said.warn).not.toHaveBeenCalled()
})

test('how this machine holds tasks is told in the log of the first one', async () => {
  vi.resetModules()
  const { externalOperation: fresh } = await import('../src/tasks/perform/perform-task.ts')
  const { told } = await tasksFolder()
  const said = printed()
  const { task } = await told('quiet.ts', 'export default () => 1')
  for (const folder of ['first', 'second'])
    await performOperation([], fresh)(
      { ...task, folder: join(task.folder, folder) },
      (async function* () {})(),
      async () => {},
    )
  const lines = said.log?.mock.calls.flat().filter((line) => /^tasks are held here: /.test(line))
  expect(lines).toEqual([expect.stringMatching(/ memory \((kernel|watched)\) .* time \(watched\) /)])
})

test('what a Python task prints is no warning in the log of its job, but its traceback is', async (context) => {
  needsProgram('python3', 'python3', context)
  const { perform } = await tasksFolder()
  const said = printed()
  const code = 'def task(params):\n    print("on its way")\n    return params["k"]\n'
  await expect(perform('prints.py', code, { params: {} })).rejects.toThrow("KeyError: 'k'")
  expect(said.log?.mock.calls).toContainEqual(['on its way'])
  const warnings = said.warn?.mock.calls.flat() ?? []
  expect([warnings[0], warnings.at(-1)]).toEqual(['Traceback (most recent call last):', "KeyError: 'k'"])
})

test('a Python task of the original form is given its picture as a file that it may change', async (context) => {
  needsProgram('python3', 'python3', context)
  const { perform, folder } = await tasksFolder()
  const path = join(folder, 'door.fits')
  await writeFits(path, IMAGE)
  const before = readFileSync(path)
  const code = `import json, os
def task(filename, params):
    with open(filename, "rb") as file:
        first = file.read(6).decode()
    open(filename, "w").close()
    return {"name": os.path.basename(filename), "first": first, "same": params["_imageURL"] == filename}, None
`
  const { made } = await perform('look.py', code, {
    pictures: [{ name: '_imageURL', isList: false, required: true }],
    files: { _imageURL: [fileAt(path, 'a door/7 "x"')] },
  })
  expect(made.data).toEqual([{ kind: 'json', value: { name: 'a_door_7_x_.fits', first: 'SIMPLE', same: true } }])
  expect(readFileSync(path)).toEqual(before)
})

test('each picture of a list is a file of its own, with the ending that it needs', async () => {
  const { perform, folder } = await tasksFolder()
  const shown = { ...IMAGE, samples: Uint8Array.from(IMAGE.samples) }
  const plain = join(folder, 'plain')
  await writeFits(plain, IMAGE)
  const contents: [string, Uint8Array][] = [
    ['fits', readFileSync(plain)],
    ['gz', gzipSync(readFileSync(plain))],
    ['jpeg', await toJpeg(shown, { stretch: null })],
    ['png', await toPng(shown, { stretch: null })],
  ]
  for (const [name, bytes] of contents) writeFileSync(join(folder, name), bytes)
  const all = contents.map(([name]) => fileAt(join(folder, name), 'same'))
  const { made } = await perform('list.sh', SH('cp "$in" "$out/result"'), {
    params: { more: 1 },
    pictures: [
      { name: 'all', isList: true, required: true },
      { name: 'none', isList: false, required: false },
    ],
    files: { all, none: [] },
  })
  const [data] = made.data as [{ value: { all: string[]; more: number } }]
  expect(data.value.all.map((path) => path.split('/').slice(-2).join('/'))).toEqual([
    'pictures/same.fits',
    'pictures/same.fits.gz',
    'pictures/same.jpg',
    'pictures/same.png',
  ])
  expect(Object.keys(data.value).sort()).toEqual(['all', 'more'])
})

test('a picture that is given more than once is one file', async () => {
  const { perform, folder } = await tasksFolder()
  for (const name of ['one', 'other']) await writeFits(join(folder, name), IMAGE)
  const [one, other] = ['one', 'other'].map((name) => fileAt(join(folder, name), name)) as [InputFile, InputFile]
  const { made } = await perform('same.sh', SH('ls "$(dirname "$out")/box/pictures" >&2; cp "$in" "$out/result"'), {
    pictures: [
      { name: 'all', isList: true, required: true },
      { name: 'single', isList: false, required: true },
    ],
    files: { all: [one, other, { ...one, basename: 'as it was called before' }], single: [one] },
  })
  const [{ value }] = made.data as [{ value: { all: string[]; single: string } }]
  const named = (paths: string[]) => paths.map((path) => path.split('/').at(-1))
  expect(named([...value.all, value.single])).toEqual(['one.fits', 'other.fits', 'one.fits', 'one.fits'])
})

test('pictures for which there is no room are told before any of them is copied', async () => {
  const { told, folder } = await tasksFolder()
  await writeFits(join(folder, 'small'), IMAGE)
  // They take no room themselves: nothing is written in them.
  for (const name of ['first', 'second']) {
    writeFileSync(join(folder, name), '')
    truncateSync(join(folder, name), 6e8)
  }
  const begin = async (names: string[]) => {
    const files = { all: names.map((name) => fileAt(join(folder, name), name)) }
    const pictures = [{ name: 'all', isList: true, required: true }]
    const { task } = await told('look.sh', SH('echo 1 > "$out/result"'), { pictures, files })
    const inputs = (async function* () {
      yield { field: 'all', files: files.all }
    })()
    return { task, done: performOperation([], externalOperation)(task, inputs, async () => {}) }
  }
  const { task, done } = await begin(['small', 'first', 'second'])
  const message = expect.stringMatching(/^its copies of the pictures take more than 1201 MB, .* 1000 MB/)
  await expect(done).rejects.toMatchObject({ code: 'no_room', fault: 'us', message })
  expect(readdirSync(join(task.folder, 'scratch', 'work'))).toEqual([])
  await (await begin(['small', 'small'])).done
})

test('FITS, PNG and JPEG become pictures, with what they were made of beside them', async () => {
  const { perform, folder } = await tasksFolder()
  const fits = join(folder, 'made.fits')
  await writeFits(fits, IMAGE, [{ keyword: 'OBJECT', value: 'door' }])
  const measured = await perform('copy.sh', SH(`cp '${fits}' "$out/result"`))
  expect(measured.made).toMatchObject({
    files: [{ name: 'copy', type: 'fits', forms: { original: 'copy-original.fits' } }],
    data: [{ kind: 'image', width: 6, height: 4 }],
  })
  expect((await loadImage(measured.of('fits'))).samples).toEqual(IMAGE.samples)
  expect(readFileSync(measured.of('original'))).toEqual(readFileSync(fits))
  // Where it comes from stands in its header.
  const { cards } = await imageInfo(measured.of('fits'))
  expect(cards).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ keyword: 'OBJECT', value: 'door' }),
      expect.objectContaining({ keyword: 'HISTORY', comment: 'ajar: copy' }),
    ]),
  )
  const shown = { ...IMAGE, samples: Uint8Array.from(IMAGE.samples, (sample) => sample / 10) }
  for (const [to, ending] of [
    [toPng, '.png'],
    [toJpeg, '.jpg'],
  ] as const) {
    writeFileSync(join(folder, 'picture'), await to(shown, { stretch: null }))
    const { made, of } = await perform('show.sh', SH(`cp '${folder}/picture' "$out/result"`))
    expect(made).toMatchObject({ files: [{ type: 'image', forms: { original: `show-original${ending}` } }] })
    expect(await imageInfo(of('tif'))).toMatchObject({ kind: 'tiff', width: 6, height: 4 })
    expect(await imageInfo(of('small'))).toMatchObject({ kind: 'jpeg' })
  }
})

test('CSV, IPAC and VOTable become one CSV, with columns and first rows in the answer', async () => {
  const { perform } = await tasksFolder()
  const vot =
    '<VOTABLE><RESOURCE><TABLE><FIELD name="n" datatype="int" unit="m"/><FIELD name="w" datatype="char" arraysize="*"/>' +
    '<DATA><TABLEDATA><TR><TD>1</TD><TD>-12:30 x</TD></TR><TR><TD/><TD>=1+1</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>'
  const ipac = '|n  |w         |\\n|int|char      |\\n|m  |          |\\n 1   -12:30 x\\n     =1+1\\n'
  for (const [name, body, ending, columns] of [
    ['csv', `printf 'n,w\\n1,-12:30 x\\n,=1+1\\n' > "$out/result"`, '.csv', [{ name: 'n', type: 'number' }]],
    ['ipac', `printf '${ipac}' > "$out/result"`, '.tbl', [{ name: 'n', type: 'number', unit: 'm' }]],
    ['vot', `printf '${vot}' > "$out/result"`, '.vot', [{ name: 'n', type: 'number', unit: 'm' }]],
  ] as const) {
    const { made, of } = await perform(`${name}.sh`, SH(body))
    expect(made.data).toEqual([
      {
        kind: 'table',
        columns: [...columns, { name: 'w', type: 'text' }],
        rows: [
          [1, '-12:30 x'],
          [null, '=1+1'],
        ],
        count: 2,
      },
    ])
    expect(made.files[0]?.forms.original).toBe(`${name}-original${ending}`)
    // As everywhere: what a spreadsheet would take for a formula is marked as text.
    expect(readFileSync(of('csv'), 'utf8')).toBe("n,w\r\n1,'-12:30 x\r\n,'=1+1\r\n")
  }
})

test('long JSON is in its file, and the answer says so', async () => {
  const { perform } = await tasksFolder()
  const { made, of } = await perform(
    'long.sh',
    SH(`{ printf '['; seq -s, 1 300000 | tr -d '\\n'; printf ']'; } > "$out/result"`),
  )
  const bytes = readFileSync(of('json')).length
  expect(made.data).toEqual([{ kind: 'json', value: null, omitted: true, bytes }])
  expect(bytes).toBeGreaterThan(1e6)
})

test('a result that is none, a failure, and an end without a word are told as the fault of the task', async () => {
  const { perform, folder } = await tasksFolder()
  const said = printed()
  const failures: [string, string, object][] = [
    ['none.sh', SH('echo hello > "$out/result"'), { code: 'bad_result', fault: 'caller' }],
    [
      'cut.sh',
      SH(`printf '{"a":' > "$out/result"`),
      { code: 'bad_result', message: expect.stringContaining('ends early') },
    ],
    ['fifo.sh', SH('mkfifo "$out/result"'), { code: 'bad_outfile' }],
    [
      'fails.ts',
      'export default () => { throw new Error("no door in it") }',
      { code: 'task_failed', message: expect.stringContaining('no door in it') },
    ],
    [
      'silent.sh',
      '#!/bin/sh\necho nothing\necho wrong >&2\n',
      { code: 'no_status', message: expect.stringContaining('wrong') },
    ],
  ]
  for (const [file, content, error] of failures) await expect(perform(file, content), file).rejects.toMatchObject(error)
  expect(said.log).toHaveBeenCalledWith('nothing')
  expect(said.warn).toHaveBeenCalledWith('wrong')
  // Nothing is kept of them.
  for (const name of readdirSync(folder).filter((name) => name.startsWith('run-')))
    expect(existsSync(join(folder, name, 'out')) ? readdirSync(join(folder, name, 'out')) : []).toEqual([])
})

test('a million rows pass through without being held', { timeout: 180_000 }, async () => {
  const { told } = await tasksFolder()
  const rows = `awk 'BEGIN{print "id,value,name"; for (i = 1; i <= 1000000; i++) print i "," i * 0.5 ",row number " i}'`
  const { task } = await told('million.sh', SH(`${rows} > "$out/result"`))
  const child = join(import.meta.dirname, 'tasks-perform-child.ts')
  // Held as cells they take several times the heap that there is here: the process would end without an answer.
  const asked = ['--max-old-space-size=64', child, JSON.stringify(task)]
  const { stdout } = await promisify(execFile)(process.execPath, asked, { maxBuffer: 16e6 })
  const { made, bytes } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { made: Made; bytes: number }
  console.log(`a table of 1,000,000 rows took ${Math.round(bytes / 1e6)} MB at its most`)
  expect(made.data).toMatchObject([{ count: 1_000_000, rows: { length: 1000, 999: [1000, 500, 'row number 1000'] } }])
  const csv = readFileSync(join(task.folder, 'out', made.files[0]?.forms.csv ?? ''), 'utf8')
  expect(csv.endsWith('\r\n1000000,500000,row number 1000000\r\n')).toBe(true)
})

test('a file is called as its task, in letters that a file may have', () => {
  expect(['graphProj', 'hot_pixel', 'A', 'HTMLOut2File', 'x'.repeat(60), '_', 'ends_'].map(outputName)).toEqual([
    'graph-proj',
    'hot-pixel',
    'a',
    'htmlout2-file',
    'x'.repeat(60),
    'result',
    'ends',
  ])
})
