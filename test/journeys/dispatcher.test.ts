import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { afterFile } from '../setup/after-file.ts'
import { needs } from '../setup/needs.ts'
import { DISPATCHER, Firefly, fitsBytes } from './firefly.ts'

/** `ajar-dispatcher` as a Firefly server calls it. Nothing here knows how ajar is built. */

const DATA = process.env.AJAR_TEST_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))

const KNOWN = { type: 'rect', value: { x1: 10, x2: 19, y1: 20, y2: 39 } }
let folder: string
let ramp: string
let firefly: Firefly

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firefly-'))
  afterFile(() => rm(folder, { recursive: true, force: true }))
  ramp = join(folder, 'ramp of 12000 ümläuts.fits')
  await writeFile(
    ramp,
    fitsBytes(32, 120, 100, (x, y) => y * 120 + x),
  )
  firefly = new Firefly(folder)
})

describe('the values that the original gave for a ramp', () => {
  const told = (more: object = {}) => ({ _imageURL: ramp, region: KNOWN, ...more })

  test('the mean, and the noise, as text', async () => {
    expect(await firefly.json('average_pixel', told())).toEqual({ result: '3554.5' })
    expect(await firefly.json('noise', told({ _type: '.json' }))).toEqual({ noise: '691.959717035609' })
  })

  test('the hottest pixel, and those above a level', async () => {
    expect(await firefly.json('hot_pixel', told({ threshold: 'max' }))).toEqual({ hotPixels: [{ x: 19, y: 39 }] })
    expect(await firefly.json('hot_pixel', told({ threshold: 4698 }))).toEqual({
      hotPixels: [
        { x: 18, y: 39 },
        { x: 19, y: 39 },
      ],
    })
    const { hotPixels } = await firefly.json('hot_pixel', { _imageURL: ramp, threshold: '0' })
    expect(hotPixels).toHaveLength(500)
    expect(hotPixels[499]).toEqual({ x: 19, y: 4 })
  })

  test('how often each level occurs', async () => {
    expect(await firefly.json('graph_pixel', told({ bins: 4, min: 3000, max: 4000 }))).toEqual({
      main: [
        [20, 3000, 3250],
        [30, 3250, 3500],
        [20, 3500, 3750],
        [20, 3750, 4000],
      ],
      underflow: [[50, 2750, 3000]],
      overflow: [[60, 4000, 4250]],
    })
  })

  test('the mean of rows, the last ones fewer', async () => {
    expect(await firefly.json('graphProj', told({ rowsperbin: 8 }))).toEqual({
      projs: [
        [2834.5, 20, 28],
        [3794.5, 28, 36],
        [4514.5, 36, 44],
      ],
    })
  })

  test('the noise of regions as a table, and the bounds of a picture that says nothing of amplifiers', async () => {
    const amplifier = { name: 'A, the first', data: KNOWN, pre: { type: 'rect', data: KNOWN.value } }
    expect(await firefly.result('graphNoise', { _imageURL: ramp, _type: '.csv', regions: [amplifier] })).toBe(
      'Amplifier, Data, Pre, Post, Over\n"A, the first",691.959717035609,691.959717035609,nan,nan\n',
    )
    const { type, data, value } = await firefly.json('boundary', { _imageURL: ramp })
    const whole = { x1: 0, x2: 119, y1: 0, y2: 99 }
    expect([type, value]).toEqual(['CCD', data])
    expect(data[0].data).toEqual({ type: 'rect', data: whole, value: whole })
  })

  test('of a task that somebody else wrote, in Python and in a folder of their own', async () => {
    const twins = fileURLToPath(new URL('../../server/test/tasks/python', import.meta.url))
    const options = { executable: [DISPATCHER, '--tasks', twins], env: { PATH: `/usr/bin:${process.env.PATH}` } }
    const params = told({ threshold: 'max', bins: 4, min: 3000, max: 4000, rowsperbin: 8 })
    for (const task of ['average_pixel', 'noise', 'hot_pixel', 'graph_pixel', 'graphProj'])
      expect([task, await firefly.json(task, params, options)]).toEqual([task, await firefly.json(task, params)])
    // Those that the folder does not have are still there.
    expect((await firefly.json('boundary', params, options)).type).toBe('CCD')
  })
})

test('a sensor of four amplifiers: its areas, and how noisy each is in the mosaic', async () => {
  const script = join(import.meta.dirname, 'amplifiers.py')
  const judged = JSON.parse(execFileSync('/usr/bin/python3', [script, folder], { encoding: 'utf8' }))
  const _imageURL = join(folder, 'raw.fits')
  const { type, data } = await firefly.json('boundary', { _imageURL })
  expect(type).toBe('CCD-OVERSCAN')
  const areas = ['data', 'pre', 'post', 'over'] as const
  for (const [i, amplifier] of judged.amplifiers.entries()) {
    expect(data[i].name).toBe(amplifier.name)
    for (const area of areas) expect([area, data[i][area].value]).toEqual([area, amplifier[area]])
  }
  // As a client sends back what it was told.
  for (const regions of [data, undefined]) {
    const [header, ...rows] = (await firefly.result('graphNoise', { _imageURL, regions })).trimEnd().split('\n')
    expect(header).toBe('Amplifier, Data, Pre, Post, Over')
    for (const [i, amplifier] of judged.amplifiers.entries()) {
      const [name, ...noises] = (rows[i] ?? '').split(',')
      expect(name).toBe(amplifier.name)
      for (const [at, area] of areas.entries()) expect(Number(noises[at])).toBeCloseTo(amplifier[`${area} noise`], 9)
    }
  }
  expect(Number((await firefly.json('average_pixel', { _imageURL, extension: 'mosaic' })).result)).toBeCloseTo(
    judged.mean,
  )
  const second = await firefly.json('average_pixel', { _imageURL, extension: 'SEGMENT01' })
  expect(await firefly.json('average_pixel', { _imageURL, extension: 2 })).toEqual(second)
  expect(await firefly.json('average_pixel', { _imageURL })).not.toEqual(second)
  const missing = await firefly.call('average_pixel', { _imageURL, extension: 'SEGMENT99' })
  expect(missing).toMatchObject({ code: 1, error: expect.stringContaining('SEGMENT01') })
})

describe('on real frames', () => {
  test('all tasks of pictures', async (context) => {
    needs(
      existsSync(join(DATA, 'webcams')),
      `${DATA} lacks webcams/: set AJAR_TEST_DATA to a folder that holds it`,
      context,
    )
    const day = join(DATA, 'webcams/cam-857x614/day')
    const _imageURL = join(day, readdirSync(day)[0] ?? '')
    const mean = Number((await firefly.json('average_pixel', { _imageURL })).result)
    expect(mean).toBeGreaterThan(20)
    expect(mean).toBeLessThan(235)
    expect(Number((await firefly.json('noise', { _imageURL })).noise)).toBeGreaterThan(1)
    const { hotPixels } = await firefly.json('hot_pixel', { _imageURL, threshold: 200 })
    expect(hotPixels.every(({ x, y }: { x: number; y: number }) => x < 857 && y < 614)).toBe(true)
    const { main, underflow } = await firefly.json('graph_pixel', { _imageURL, bins: 'auto', min: 'auto', max: 'auto' })
    expect(main.reduce((sum: number, [count]: number[]) => sum + (count as number), 0)).toBe(857 * 614)
    expect(underflow[0][0]).toBe(0)
    const { projs } = await firefly.json('graphProj', { _imageURL, rowsperbin: 100 })
    expect(projs).toHaveLength(7)
    const health = await firefly.json('camera_health', { _imageURL })
    expect(Object.keys(health)).toEqual(['hot_pixels', 'noise', 'sharpness', 'brightness', 'too_dark', 'too_bright'])
    expect(health.brightness).toBeCloseTo(mean, 9)
  })
})

describe('what cannot be done is said, and why', () => {
  test.each([
    ['no parameters', null, /_imageURL is missing/],
    ['no picture', {}, /_imageURL is missing/],
    ['a file that is not there', { _imageURL: '/nowhere/x.fits' }, /no such file.*\/nowhere\/x\.fits/],
    ['a file that is no picture', { _imageURL: DISPATCHER }, /no FITS, JPEG, PNG/],
    ['parameters that are no JSON', '{"_imageURL":', /cannot be read: .*JSON/],
    ['parameters that are no object', '[1]', /have to be an object/],
    ['a file of another machine', { _imageURL: 'file://elsewhere/x.fits' }, /no file of this machine/],
    [
      'an address of a kind that is not read',
      { _imageURL: 'ftp://x/y.fits' },
      /^ftp:\/\/x\/y\.fits cannot be fetched: /,
    ],
    [
      'a port for nobody',
      { _imageURL: 'http://127.0.0.1:9/x' },
      /its port is one of those that nothing is fetched from/,
    ],
  ])('%s', async (_what, params, why) => {
    const { code, error, outfile } = await firefly.call('average_pixel', params)
    expect([code, outfile]).toEqual([1, undefined])
    expect(error).toMatch(why)
  })

  test.each([
    [
      'a region elsewhere',
      'noise',
      { region: { type: 'rect', value: { x1: 500, x2: 510, y1: 0, y2: 9 } } },
      /no pixel/,
    ],
    ['a region of another kind', 'noise', { region: { type: 'star' } }, /"rect" or "circ"/],
    ['a region without a side', 'noise', { region: { type: 'rect', value: { x1: 1 } } }, /x1, x2, y1, y2/],
    ['a threshold that is none', 'hot_pixel', { threshold: 'high' }, /threshold is "high"/],
    ['half a bin', 'graph_pixel', { bins: 0.5 }, /bins is 0.5/],
    ['no rows', 'graphProj', { rowsperbin: 0 }, /rowsperbin is 0/],
    ['a form that is none', 'noise', { _type: '.xml' }, /_type is ".xml"/],
    ['regions that are none', 'graphNoise', { regions: 'all' }, /regions is a list/],
  ])('%s', async (_what, task, params, why) => {
    const { code, error } = await firefly.call(task, { _imageURL: ramp, ...params })
    expect(code).toBe(1)
    expect(error).toMatch(why)
  })

  test('a folder of tasks that is not there', async () => {
    const options = { executable: [DISPATCHER, '--tasks', join(folder, 'nowhere')] }
    const { code, error } = await firefly.call('noise', {}, options)
    expect([code, error]).toEqual([2, `--tasks names ${join(folder, 'nowhere')}, which is no folder.`])
  })

  test('a task that there is not', async () => {
    for (const name of ['nothing', '../average_pixel', '_region', 'constructor'])
      expect(await firefly.call(name, {})).toMatchObject({ code: 1, error: 'BAD_TASK_NAME' })
    expect(readdirSync(firefly.out).filter((name) => name.startsWith('nothing'))).toEqual([])
  })

  test('arguments that are missing or wrong, and folders that are none', async () => {
    const run = (...args: string[]) => firefly.run(args, folder)
    expect(await run('-n', 'noise', '-d', folder)).toMatchObject({
      code: 2,
      error: expect.stringContaining('-o is missing'),
    })
    expect(await run('-d', folder, '-o', folder)).toMatchObject({
      code: 2,
      error: expect.stringContaining('-n is missing'),
    })
    expect(await run('-n', 'noise', '--what')).toMatchObject({ code: 2, error: expect.stringContaining('--what') })
    const nowhere = ['-n', 'noise', '-d', folder, '-o', join(folder, 'nowhere')]
    expect(await run(...nowhere)).toMatchObject({
      code: 1,
      error: expect.stringContaining('nowhere (-o) is no folder'),
    })
    const lost = ['-n', 'noise', '-d', folder, '-o', folder, '-i', join(folder, 'lost.json')]
    expect(await run(...lost)).toMatchObject({ code: 1, error: expect.stringContaining('lost.json') })
  })

  test('a machine without Node', async () => {
    const [bin, empty] = [join(folder, 'elsewhere/server/bin'), join(folder, 'few programs')]
    await mkdir(bin, { recursive: true })
    await mkdir(empty)
    await copyFile(DISPATCHER, join(bin, 'ajar-dispatcher'))
    await symlink('/usr/bin/readlink', join(empty, 'readlink'))
    const options = { executable: [join(bin, 'ajar-dispatcher')], env: { PATH: empty } }
    expect(await firefly.call('noise', {}, options)).toMatchObject({
      code: 1,
      error: expect.stringContaining('no Node 24'),
    })
  })
})

test('long names of arguments, another line before the status, by a link, from any folder', async () => {
  const link = join(folder, 'a link')
  await symlink(DISPATCHER, link)
  await writeFile(join(folder, 'p.json'), JSON.stringify({ _imageURL: ramp, region: KNOWN }))
  const args = ['--name', 'noise', '--in=p.json', '--work=.', '--outdir', 'perm_files', '--sep', '=== done ===']
  const said = execFileSync(link, args, { cwd: folder, encoding: 'utf8' })
  const [line, status] = said.trimEnd().split('\n')
  expect(line).toBe('=== done ===')
  expect(JSON.parse(readFileSync(JSON.parse(status ?? '').outfile, 'utf8'))).toEqual({ noise: '691.959717035609' })
})

test('calls at the same time leave each its own result, and none of its working files', async () => {
  const regions = [0, 1, 2].map((y) => ({ type: 'rect', value: { x1: 0, x2: 0, y1: y, y2: y } }))
  const results = await Promise.all(
    regions.map((region) => firefly.json('average_pixel', { _imageURL: `file://${encodeURI(ramp)}`, region })),
  )
  expect(results).toEqual([{ result: '0.0' }, { result: '120.0' }, { result: '240.0' }])
  for (const work of await readdir(join(folder, 'external')))
    expect(await readdir(join(folder, 'external', work))).toEqual([])
})

test('its help tells what to write into app.prop, and its list which tasks there are', async () => {
  const said = (...args: string[]) =>
    execFileSync(DISPATCHER, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  expect(said('--help')).toContain('ajar.exe= "/usr/local/bin/ajar-dispatcher"')
  const names = said('--list')
    .split('\n')
    .map((line) => line.split(' ')[0])
  expect(names).toEqual(
    expect.arrayContaining([
      'average_pixel',
      'boundary',
      'graphNoise',
      'graphProj',
      'graph_pixel',
      'hot_pixel',
      'noise',
    ]),
  )
  expect(names).not.toContain('_region')
})

describe('tasks of an operator', () => {
  async function tasks(files: Record<string, string>): Promise<string[]> {
    const own = await mkdtemp(join(folder, 'tasks-'))
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(own, name), text)
      if (!name.includes('.') || name.endsWith('.sh')) await chmod(join(own, name), 0o755)
    }
    return [DISPATCHER, `--tasks=${own}`]
  }

  test('in TypeScript, Python and as a program; what they print is log', async () => {
    const executable = await tasks({
      'greet.ts': 'console.log("___TASK STATUS___")\nexport default ({ who }) => ({ greeting: "to " + who })\n',
      'count.py': 'def task(params):\n    print("counting")\n    return {"count": len(params["who"])}\n',
      shout: '#!/bin/sh\necho loud\ncp "$4" "$8/said"\necho ___TASK STATUS___\necho "{\\"outfile\\":\\"$8/said\\"}"\n',
    })
    const who = 'a "quoted" \n ☃ name'
    expect(await firefly.json('greet', { who }, { executable })).toEqual({ greeting: `to ${who}` })
    expect(await firefly.json('count', { who }, { executable })).toEqual({ count: [...who].length })
    expect(await firefly.json('shout', { who }, { executable })).toEqual({ who })
    expect((await firefly.call('shout', { who }, { executable })).log).toBe('loud')
  })

  test('one that fails, one that dies and one that is broken say so', async () => {
    const executable = await tasks({
      'fails.ts': 'export default () => { throw new RangeError("too far") }\n',
      'leaves.ts': 'export default () => process.exit(0)\n',
      'dies.sh': '#!/bin/sh\nkill -9 $$\n',
      'broken.ts': 'export default (\n',
      'silent.sh': '#!/bin/sh\necho done\n',
      'links.sh': `#!/bin/sh\nln -s /etc/passwd "$6/r"\necho ___TASK STATUS___\necho "{\\"outfile\\":\\"$6/r\\"}"\n`,
      'refuses.sh': '#!/bin/sh\necho ___TASK STATUS___\necho \'{"error":"too dark"}\'\nexit 3\n',
    })
    const of = (name: string) => firefly.call(name, null, { executable })
    expect(await of('fails')).toMatchObject({ code: 1, error: expect.stringContaining('too far') })
    expect(await of('leaves')).toMatchObject({ code: 1, error: expect.stringContaining('before it returned') })
    expect(await of('dies')).toMatchObject({ code: 1, error: expect.stringContaining('SIGKILL') })
    expect(await of('broken')).toMatchObject({ code: 1, error: expect.stringContaining('SyntaxError') })
    const silent = { code: 1, error: expect.stringContaining('printed no line with'), log: 'done' }
    expect(await of('silent')).toMatchObject(silent)
    expect(await of('links')).toMatchObject({
      code: 1,
      error: expect.stringContaining('leads by a link to /etc/passwd'),
    })
    expect(await of('refuses')).toMatchObject({ code: 3, error: 'too dark' })
  })

  test('one that does not end is ended: when its time is up, and with its dispatcher', async () => {
    const pid = join(folder, 'pid')
    const executable = await tasks({
      'sleeps.sh': `#!/bin/sh\necho $$ >'${pid}'\nsleep 1000 &\nwait\n`,
      'waits.ts': 'export default () => new Promise((done) => setTimeout(done, 1e6))\n',
    })
    for (const name of ['sleeps', 'waits']) {
      const answer = await firefly.call(name, null, { executable, env: { AJAR_TASK_SECONDS: '0.3' } })
      expect(answer).toMatchObject({ code: 1, error: expect.stringContaining('longer than 0.3 s') })
    }
    await rm(pid)
    let dispatcher = 0
    const onStart = (started: number) => {
      dispatcher = started
    }
    const answer = firefly.call('sleeps', null, { executable, onStart })
    await expect.poll(() => readFile(pid, 'utf8').catch(() => ''), { timeout: 20_000 }).toMatch(/\d+\n/)
    process.kill(dispatcher, 'SIGTERM')
    expect(await answer).toMatchObject({ code: 128 + 15, log: '' })
    expect(existsSync(`/proc/${(await readFile(pid, 'utf8')).trim()}`)).toBe(false)
  })
})
