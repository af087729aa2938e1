import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { writeFits } from '@ajar/images'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../test/setup/free-port.ts'
import { plainJpeg } from './pictures.ts'
import { PATH, TasksFolder } from './tasks-folder.ts'
import { temporaryFolder } from './temporary-folder.ts'

const KEYWORD = '___TASK STATUS___'
/** A ramp of 100 rows of 120, region x 10..19, y 20..39: its average is known (WIRE.md B). */
const AVERAGE = '3554.5'
const REGION = { type: 'rect', value: { x1: 10, x2: 19, y1: 20, y2: 39 } }
/** As a file of the original dispatcher is written: it is called with the path of its picture. */
const ORIGINAL = `import numpy as np
from astropy.io import fits


def task(filename, params):
    """Mean of a region."""
    region = params['region']['value']
    hdulist = fits.open(filename)
    data = hdulist[0].data
    part = data[int(region['y1']):int(region['y2']) + 1, int(region['x1']):int(region['x2']) + 1]
    hdulist.close()
    return {'result': str(np.mean(part))}, None
`
const AVERAGE_TS = `import { type Image, loadImage } from '@ajar/images'
export default async function task(params, work) {
  const { x1, x2, y1, y2 } = params.region.value
  const { samples, width }: Image = await work.image(params._imageURL)
  if ((await loadImage(await work.path(params._imageURL))).width !== width) throw new Error('another picture')
  let sum = 0
  for (let y = y1; y <= y2; y++) for (let x = x1; x <= x2; x++) sum += samples[y * width + x]
  return { result: String(sum / ((x2 - x1 + 1) * (y2 - y1 + 1))) }
}`

async function ramp() {
  const path = join(await temporaryFolder(onTestFinished), 'ramp of ä.fits')
  const samples = Int32Array.from({ length: 100 * 120 }, (_, i) => i)
  await writeFits(path, { samples, width: 120, height: 100, planes: 1 })
  return path
}

/** Both languages, in a folder without anything of ours. */
const ECHO = {
  'echoTs.ts': 'export default (params) => ({ params })',
  'echoPy.py': 'def task(params): return {"params": params}',
}

describe.each(['echoTs', 'echoPy'])('%s', (name) => {
  test('parameters of every kind, of 1 MB, and none', async () => {
    const tasks = await TasksFolder.open(onTestFinished, ECHO)
    const odd = { text: 'quote " \' \\ newline \n nul \0 é 漢字 🚪', [KEYWORD]: KEYWORD, list: [1.5, null, true, {}] }
    expect((await tasks.call(name, odd)).result).toEqual({ params: odd })
    const long = { text: '🚪é"\n'.repeat(120_000) }
    expect((await tasks.call(name, long)).result).toEqual({ params: long })
    expect(await tasks.call(name)).toMatchObject({ code: 0, stderr: '', result: { params: {} } })
  })

  test('parameters that are none, arguments that are none, long names of arguments, another separator', async () => {
    const tasks = await TasksFolder.open(onTestFinished, ECHO)
    const refused = async (params: unknown, more: string[] = []) => {
      const { code, status } = await tasks.call(name, params, more)
      return { code, ...status }
    }
    expect(await refused('{"a":')).toEqual({ code: 1, error: expect.stringContaining('cannot be read') })
    expect(await refused('[1]')).toEqual({ code: 1, error: expect.stringContaining('have to be an object') })
    expect(await refused(null, ['--colour', 'red'])).toEqual({ code: 1, error: expect.stringContaining('--colour') })
    expect(await refused(null, ['-i'])).toEqual({ code: 1, error: '-i has to be followed by a value.' })
    const out = await temporaryFolder(onTestFinished)
    const { status, stdout } = await tasks.call(name, null, ['--name', 'x/y', `--outdir=${out}`, '-s', '--- over ---'])
    expect(status).toEqual({ outfile: join(out, 'x_y.json') })
    expect(stdout).toMatch(/^--- over ---\n/)
  })
})

describe('what a task prints', () => {
  test.each([
    [
      'TypeScript',
      'loud.ts',
      `import { execFileSync } from 'node:child_process'
import { writeSync } from 'node:fs'
export default () => {
  console.log('${KEYWORD}')
  process.stdout.write('{"outfile": "/etc/passwd"}\\n')
  writeSync(1, '${KEYWORD}\\n')
  execFileSync('echo', ['from a child ${KEYWORD}'], { stdio: 'inherit' })
  process.on('exit', () => console.log('too late ${KEYWORD}'))
  return 'said'
}`,
    ],
    [
      'Python',
      'loud.py',
      `import atexit, os, sys
def task(params):
    print("${KEYWORD}")
    sys.stdout.write('{"outfile": "/etc/passwd"}\\n')
    os.write(1, b"${KEYWORD}\\n")
    os.system("echo from a child '${KEYWORD}'")
    return "said"`,
    ],
  ])('%s: it is log, and cannot be taken for the status', async (_, file, text) => {
    const tasks = await TasksFolder.open(onTestFinished, { [file]: text })
    const called = await tasks.call('loud')
    expect(called).toMatchObject({ code: 0, result: 'said' })
    const [first, status = '', ...rest] = called.stdout.split('\n')
    expect([first, JSON.parse(status), ...rest]).toEqual([KEYWORD, called.status, ''])
    expect(called.stderr).toContain(`from a child ${KEYWORD}`)
  })
})

const OWN_REFUSAL = fileURLToPath(new URL('../tasks/_refusal.ts', import.meta.url))

/** Bodies of a task, what is said of them, and what a result of them holds. */
const FAILURES: [language: string, body: string, error: RegExp][] = [
  ['ts', "throw new Error('Region lies outside.')", /^Region lies outside\.$/],
  ['ts', "throw 'a text'", /^a text$/],
  ['ts', `throw new (await import('${OWN_REFUSAL}')).Refusal('no stars')`, /^no stars$/],
  ['ts', "await (await import('@ajar/images')).loadImage('/etc/passwd')", /no FITS, JPEG/],
  ['ts', 'return params.a.b', /^TypeError: .*undefined/],
  ['ts', 'return undefined', /returned nothing/],
  ['ts', 'return new Map()', /a Map/],
  ['ts', 'return { deep: 1n }', /bigint as deep/],
  ['ts', 'const a = {}; a.a = a; return a', /circular/i],
  ['ts', 'process.exit(0)', /ended before it returned anything: it called process.exit\(0\)/],
  ['ts', 'await new Promise(() => {})', /waits for something that never comes/],
  ['ts', "setTimeout(() => { throw new Error('later') }, 1); await new Promise((r) => setTimeout(r, 5000))", /^later$/],
  [
    'ts',
    "Promise.reject(new Error('nobody listens')); await new Promise((r) => setTimeout(r, 5000))",
    /^nobody listens$/,
  ],
  ['ts', "return { outfile: '/etc/passwd' }", /lies outside/],
  ['ts', "return { outfile: 'nowhere.csv' }", /which is no file/],
  ['ts', "return { outfile: '../../../../../../etc/passwd' }", /lies outside/],
  ['ts', "(await import('node:fs')).symlinkSync('/etc/passwd', 'a'); return { outfile: 'a' }", /is a link/],
  ['ts', "(await import('node:fs')).symlinkSync('/etc', 'a'); return { outfile: 'a/passwd' }", /lies outside/],
  ['ts', "return 'a,b\\n'.repeat(20_000)", /^The task returned a text of 80000 characters.*"outfile"/],
  ['ts', "throw new Error('x'.repeat(1e6))", /^x{10000}$/],
  ['py', 'raise ValueError("Region lies outside.")', /^Region lies outside\.$/],
  ['py', 'return {}["k"]', /^KeyError: 'k'$/],
  ['py', 'return None', /returned nothing/],
  ['py', 'return {1, 2}', /^result is a set/],
  ['py', 'return {"deep": [object()]}', /^result.deep is a object/],
  ['py', 'a = []; a.append(a); return a', /RecursionError/],
  ['py', 'return {}, "no stars"', /^no stars$/],
  ['py', 'return 1, 2, 3', /returned 3 values/],
  ['py', 'import sys; sys.exit(0)', /ended before it returned anything: it called sys.exit\(0\)/],
  ['py', 'return {"outfile": "/etc/passwd"}', /lies outside/],
  ['py', 'return {"outfile": "../../../../../../etc/passwd"}', /lies outside/],
  ['py', 'import os; os.symlink("/etc/passwd", "a"); return {"outfile": "a"}', /is a link/],
  ['py', 'import os; os.symlink("/etc", "a"); return {"outfile": "a/passwd"}', /lies outside/],
  ['py', 'return "a,b\\n" * 20000', /^The task returned a text of 80000 characters.*"outfile"/],
  ['py', 'raise RuntimeError("x" * 1000000)', /^x{10000}$/],
]

test('a failure is exit 1, says why in a line, and where on standard error', async () => {
  // One file for all of a language: each is described once.
  const bodies = (wanted: string) =>
    FAILURES.flatMap(([language, body], i) => (language === wanted ? [{ i, body }] : []))
  const ts = bodies('ts').map(({ i, body }) => `async function body${i}(params) { ${body} }\n`)
  const py = bodies('py').map(({ i, body }) => `def body${i}(params): ${body}\n`)
  const tasks = await TasksFolder.open(onTestFinished, {
    'failsTs.ts': `${ts.join('')}export default (params) => ({ ${bodies('ts').map(({ i }) => `body${i}`)} })[params.body](params)\n`,
    'failsPy.py': `${py.join('')}def task(params): return globals()[params["body"]](params)\n`,
  })
  const failed = async ([language, body, error]: (typeof FAILURES)[number], i: number) => {
    const name = language === 'ts' ? 'failsTs' : 'failsPy'
    const { code, status, stderr, stdout } = await tasks.call(name, { body: `body${i}` })
    expect({ code, status }, body).toEqual({ code: 1, status: { error: expect.stringMatching(error) } })
    // Of what the task said itself, where that was is no news; and what calls it is none in any case.
    if (/^return(?! params| \{\}\[)|Refusal|loadImage/.test(body)) expect(stderr, body).toBe('')
    else if (/^(raise|throw new|return)/.test(body) && !/1e6|1000000/.test(body)) {
      expect(stderr, body).toContain(`${name}.${language}`)
      expect(stderr, body).not.toMatch(/run-python\.py|runners\/|node:internal/)
    }
    expect(stdout.match(/___TASK STATUS___/g), body).toHaveLength(1)
  }
  // A few at a time: each is a process.
  for (let at = 0; at < FAILURES.length; at += 5)
    await Promise.all(FAILURES.slice(at, at + 5).map((one, i) => failed(one, at + i)))
})

test('results: any JSON, without numbers that are none; text as CSV where that is asked for; a file that it wrote', async () => {
  const tasks = await TasksFolder.open(onTestFinished, {
    'values.ts':
      'export default () => ({ nan: NaN, inf: [-Infinity], at: new Date(0), n: new Float32Array([1.5, NaN]) })',
    'numbers.py': `import numpy as np
def task(params):
    return {"f": np.float32(1.5), "i": np.int64(3), "b": np.bool_(True), "a": np.arange(6).reshape(2, 3),
            "n": [float("nan"), np.inf], np.int64(7): (1, 2), "half": "\\ud800",
            "masked": np.ma.array([1, 2], mask=[False, True])}, None`,
    'text.ts': 'export default () => "a,b\\n1,é\\n"',
    'textPy.py': 'def task(params): return "a,b\\n1,é\\n"',
    'writes.ts': "export default (params, work) => work.file('table.csv', 'a\\n1\\n')",
    'writesPy.py': `def task(params):
    with open(params["to"], "w") as file:
        file.write("a\\n1\\n")
    return {"outfile": params["to"]}`,
  })
  expect((await tasks.call('values')).result).toEqual({
    ...{ nan: null, inf: [null], at: '1970-01-01T00:00:00.000Z', n: [1.5, null] },
  })
  expect((await tasks.call('numbers')).result).toEqual({
    ...{ f: 1.5, i: 3, b: true, n: [null, null], 7: [1, 2], half: '\ud800', masked: [1, null] },
    a: [
      [0, 1, 2],
      [3, 4, 5],
    ],
  })
  for (const name of ['text', 'textPy']) {
    expect((await tasks.call(name, { _type: '.json' })).result).toBe('a,b\n1,é\n')
    const { status, result } = await tasks.call(name, { _type: '.csv' })
    expect(status.outfile).toMatch(/\/text(Py)?\.csv$/)
    expect(result).toBe('a,b\n1,é\n')
  }
  expect(await tasks.call('writes')).toMatchObject({
    status: { outfile: expect.stringMatching(/table\.csv$/) },
    result: 'a\n1\n',
  })
  const out = await temporaryFolder(onTestFinished)
  const to = join(out, 'mine.csv')
  expect(await tasks.call('writesPy', { to }, ['-o', out])).toMatchObject({ status: { outfile: to }, result: 'a\n1\n' })
})

test('a file that a task wrote into its working folder is its result, and lies in the folder for results then', async () => {
  const tasks = await TasksFolder.open(onTestFinished, {
    'rows.ts': `import { linkSync, mkdirSync, writeFileSync } from 'node:fs'
export default ({ outfile, link }) => {
  mkdirSync('sub')
  writeFileSync('sub/rows.csv', 'a,b\\n1,2\\n')
  if (link) linkSync('sub/rows.csv', 'another')
  return { outfile: outfile ?? process.cwd() + '/sub/rows.csv' }
}`,
    'rowsPy.py': `import os
def task(params):
    os.mkdir("sub")
    with open("sub/rows.csv", "w") as file:
        file.write("a,b\\n1,2\\n")
    if "link" in params:
        os.link("sub/rows.csv", "another")
    return {"outfile": params.get("outfile", os.path.abspath("sub/rows.csv"))}`,
  })
  const out = await temporaryFolder(onTestFinished)
  for (const name of ['rows', 'rowsPy'])
    for (const params of [{}, { outfile: 'sub/rows.csv' }, { link: true }]) {
      const { status, result, work } = await tasks.call(name, params, ['-o', out])
      expect({ status, result }, name).toEqual({ status: { outfile: join(out, 'rows.csv') }, result: 'a,b\n1,2\n' })
      // Of a file of two names the result is a copy: the other one is somebody else's.
      expect(statSync(join(out, 'rows.csv')).nlink).toBe(1)
      expect(existsSync(join(work, 'sub/rows.csv'))).toBe('link' in params)
      rmSync(join(out, 'rows.csv'))
    }
})

describe('pictures', () => {
  test('a path, file://, and over HTTP: TypeScript, and an unmodified file of the original dispatcher', async () => {
    const tasks = await TasksFolder.open(onTestFinished, { 'averageTs.ts': AVERAGE_TS, 'averagePy.py': ORIGINAL })
    const path = await ramp()
    const url = await served(readFileSync(path))
    for (const name of ['averageTs', 'averagePy'])
      for (const _imageURL of [path, pathToFileURL(path).href, `${url}/ramp.fits?x=1`]) {
        const { status, result, work } = await tasks.call(name, { _imageURL, region: REGION })
        expect({ status, result }, `${name} ${_imageURL}`).toEqual({
          status: { outfile: expect.any(String) },
          result: { result: AVERAGE },
        })
        const fetched = readdirSync(work).filter((file) => file.startsWith('download'))
        if (_imageURL.startsWith('http')) expect(fetched).toEqual([expect.stringMatching(/\.fits$/)])
      }
  })

  test('a JPEG, a few rows at a time', async () => {
    const tasks = await TasksFolder.open(onTestFinished, {
      'rows.ts': `export default async (params, work) => {
  const reader = await work.open(params._imageURL)
  try { return { width: reader.width, n: (await reader.rows(0, 2)).length } } finally { await reader.close() }
}`,
    })
    const url = await served(await plainJpeg(1, 64, 48))
    expect((await tasks.call('rows', { _imageURL: `${url}/a` })).result).toEqual({ width: 64, n: 64 * 2 * 3 })
  })

  test('what cannot be had is told with its address', async () => {
    const tasks = await TasksFolder.open(onTestFinished, {
      'lookTs.ts': 'export default async (params, work) => (await work.image(params._imageURL)).width',
      'lookPy.py': 'def task(filename, params): return len(open(filename, "rb").read())',
    })
    const url = await served('no picture')
    const nobody = `http://127.0.0.1:${await freePort()}/x`
    const said = async (name: string, _imageURL?: string) => (await tasks.call(name, { _imageURL })).status.error
    for (const name of ['lookTs', 'lookPy']) {
      expect(await said(name, `${url}/404`)).toContain(`${url}/404 answered 404 Not Found`)
      expect(await said(name, `${url}/cut`)).toContain(`${url}/cut could not be fetched`)
      expect(await said(name, nobody)).toMatch(/^http.*\/x could not be fetched: .*refused/i)
      expect(await said(name, '/nowhere.fits')).toMatch(/ENOENT|No such file/)
      expect(await said(name)).toMatch(/_imageURL/)
    }
    expect(await said('lookTs', `${url}/a`)).toBe('This is no FITS, JPEG, PNG or TIFF file.')
  })
})

test('the process ends with its task, whatever that left behind', async () => {
  const tasks = await TasksFolder.open(onTestFinished, {
    'stays.ts': "import { createServer } from 'node:net'\nexport default () => { createServer().listen(0); return 1 }",
    'staysPy.py':
      'import threading, time\ndef task(p):\n    threading.Thread(target=time.sleep, args=(1000,)).start()\n    return 1',
  })
  for (const name of ['stays', 'staysPy']) expect(await tasks.call(name)).toMatchObject({ code: 0, result: 1 })
})

test('Python is never run from what was compiled of another content of the same second', async () => {
  const tasks = await TasksFolder.open(onTestFinished, {
    'word.py': 'from _word import word\ndef task(p): return word\n',
  })
  const written = (word: string) => utimesSync(tasks.write('_word.py', `word = "${word}"\n`), 1e9, 1e9)
  written('one')
  expect((await tasks.call('word')).result).toBe('one')
  expect(readdirSync(tasks.folder)).not.toContain('__pycache__')
  // Python leaves this behind where whoever wrote the task tried it.
  execFileSync('/usr/bin/python3', ['-c', 'import _word'], { cwd: tasks.folder, env: { PATH } })
  expect(readdirSync(tasks.folder)).toContain('__pycache__')
  written('two')
  expect((await tasks.call('word')).result).toBe('two')
})

test('a task may be called as modules are that others import', async () => {
  const tasks = await TasksFolder.open(onTestFinished, {
    'random.py': 'raise ValueError("not a module")',
    'numpy.py': 'import numpy\ndef task(params): return numpy.int64(4)',
  })
  expect((await tasks.call('numpy')).result).toBe(4)
})

/** @returns the address of a server that answers with `bytes`, but for `/404` and `/cut` */
async function served(bytes: Uint8Array | string): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url === '/404') response.writeHead(404).end('nothing')
    else if (request.url === '/cut') {
      response.writeHead(200, { 'Content-Length': 1000 }).write('half')
      setTimeout(() => response.destroy(), 50)
    } else response.end(bytes)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
