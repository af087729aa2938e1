import { randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type ImageReader, lineProfile, writeFits } from '@ajar/images'
import { expect, onTestFinished, test } from 'vitest'
import { Analysis, type AnalysisOptions } from '../src/datasessions/analysis/analysis.ts'
import { profileOf } from '../src/datasessions/analysis/profile.ts'
import { AnalysisError, type AnalysisRequest } from '../src/datasessions/analysis/requests.ts'
import { rangeOf } from '../src/datasessions/shown/byte-range.ts'
import { Renderings } from '../src/datasessions/shown/renderings.ts'
import { temporaryFolder } from './temporary-folder.ts'

function open(options: AnalysisOptions = {}): Analysis {
  const analysis = new Analysis(options)
  onTestFinished(() => analysis.close())
  return analysis
}

async function picture(width = 40, height = 30): Promise<AnalysisRequest> {
  const path = join(await temporaryFolder(onTestFinished), 'one.fits')
  const samples = Float32Array.from({ length: width * height }, (_, i) => i)
  await writeFits(path, { width, height, planes: 1, samples })
  return { kind: 'raw-data', from: path, name: 'one', maxSize: 10_000 }
}

test('threads are used again, and a picture that is at fault ends none', async () => {
  const analysis = open({ threads: 1 })
  const request = await picture()
  for (let i = 0; i < 3; i++) {
    const from = new TextEncoder().encode('notes')
    await expect(analysis.call({ ...request, from })).rejects.toThrow(AnalysisError)
    await expect(analysis.call({ ...request, from: '/nowhere/one.fits' })).rejects.toThrow('one is not there')
    const said = JSON.parse(new TextDecoder().decode((await analysis.call(request)) ?? undefined))
    expect(said).toMatchObject({ width: 40, height: 30, zmin: expect.any(Number) })
  }
})

test('who comes while too many wait is sent away; the others are answered', async () => {
  const analysis = open({ threads: 1, mostWaiting: 2 })
  const request = await picture(400, 300)
  const answers = await Promise.allSettled(Array.from({ length: 6 }, () => analysis.call(request)))
  expect(answers.map(({ status }) => status)).toEqual([...Array(3).fill('fulfilled'), ...Array(3).fill('rejected')])
  expect(answers.at(-1)).toMatchObject({ reason: { status: 503 } })
})

test('what takes too long is ended, and the next one is answered by another thread', async () => {
  const analysis = open({ threads: 1, limitMs: 1 })
  const request = await picture(3000, 2000)
  await expect(analysis.call(request)).rejects.toMatchObject({ status: 503 })
  const other = open({ threads: 1 })
  await expect(other.call(await picture())).resolves.toBeInstanceOf(Uint8Array)
})

test('a server that closes does not wait for what is looked into', async () => {
  const analysis = new Analysis()
  const asked = analysis.call(await picture(3000, 2000))
  asked.catch(() => {})
  await analysis.close()
  await expect(asked).rejects.toThrow()
})

/** Small as it is sent, and large as a picture: 10,000 x 10,000 samples of 8 bytes, of which few are there. */
async function bomb(): Promise<{ from: string; name: string }> {
  const cards = ['SIMPLE  =                    T', 'BITPIX  =                  -64', 'NAXIS   =                    2']
  const sizes = ['NAXIS1  =                10000', 'NAXIS2  =                10000', 'END']
  const header = [...cards, ...sizes].map((card) => card.padEnd(80)).join('')
  const path = join(await temporaryFolder(onTestFinished), 'bomb.fits.gz')
  writeFileSync(path, gzipSync(Buffer.concat([Buffer.from(header.padEnd(2880)), randomBytes(800_000)])))
  return { from: path, name: 'bomb' }
}

test('what would take the memory of the server is refused before it is read', async () => {
  const analysis = open({ threads: 1 })
  const asked = { ...(await bomb()), kind: 'write-tif' as const, to: '/nowhere', mostBytes: 1e9 }
  await expect(analysis.call(asked)).rejects.toThrow('more than 256 MB of memory at once')
  const smallest = { ...asked, kind: 'raw-data' as const, maxSize: 1 }
  await expect(analysis.call(smallest)).rejects.toThrow('more than 256 MB of memory at once')
})

test('a file that finds no room is not written', async () => {
  const { from, name } = await picture()
  const to = join(await temporaryFolder(onTestFinished), 'one.tif')
  const call = (mostBytes: number) => open().call({ kind: 'write-tif', from, name, to, mostBytes })
  await expect(call(100)).rejects.toThrow('There is no room for')
  expect(existsSync(to)).toBe(false)
  await call(100_000)
  expect(existsSync(to)).toBe(true)
})

test.each([
  ['downwards', [0, 0, 1999, 2999]],
  ['upwards', [3.5, 2990.25, 1500, 2]],
  ['level', [0, 2999, 1999, 2999]],
] as const)(
  'along a line %s a band of rows is read at a time, and the values are those of the whole',
  async (_, ends) => {
    const [width, height] = [2000, 3000]
    const samples = Uint16Array.from({ length: width * height }, (_, i) => (i * 7919) % 65_521)
    const asked: [number, number][] = []
    const reader: ImageReader = {
      ...{ width, height, planes: 1, sampleType: 'u16', cards: [] },
      rows: async (from, to) => {
        asked.push([from, to])
        return samples.slice(from * width, to * width)
      },
      close: async () => {},
    }
    const [x1, y1, x2, y2] = ends
    const { line_profile } = await profileOf(reader, { width, height, x1, y1, x2, y2 })
    expect(line_profile).toEqual([...lineProfile({ width, height, planes: 1, samples }, x1, y1, x2, y2)])
    for (const [i, [from, to]] of asked.entries()) {
      expect((to - from) * width).toBeLessThanOrEqual(4_000_000)
      expect(from).toBeGreaterThanOrEqual(asked[i - 1]?.[0] ?? 0) // what is packed is read forwards
    }
  },
)

test('renderings give back what others need, and are counted', async () => {
  const renderings = new Renderings(join(await temporaryFolder(onTestFinished), 'shown'))
  await renderings.start()
  for (const of of ['one', 'two', 'three']) await renderings.get(of, (path) => writeFile(path, of.padEnd(40, '.')))
  expect(renderings.bytes).toBe(120)
  await renderings.giveBack(41)
  expect(renderings.bytes).toBe(40)
})

test('renderings are made once, take so many bytes together, and outlive no start', async () => {
  const folder = join(await temporaryFolder(onTestFinished), 'shown')
  const renderings = new Renderings(folder, 100)
  await renderings.start()
  let made = 0
  const get = (of: string, bytes = 40) =>
    renderings.get(of, async (path) => {
      made += 1
      await writeFile(path, of.padEnd(bytes, '.'))
    })
  const [one, same] = await Promise.all([get('one'), get('one')])
  expect([one === same, made, await readFile(one, 'utf8')]).toEqual([true, 1, 'one'.padEnd(40, '.')])
  await get('two')
  await get('one')
  await get('three')
  expect((await readdir(folder)).length).toBe(2)
  await get('one')
  expect(made).toBe(3)
  await get('two')
  expect(made).toBe(4)
  await get('large', 1000)
  expect(await readdir(folder)).toHaveLength(1)
  await expect(
    renderings.get('none', async (path) => {
      writeFileSync(path, 'half')
      throw new Error('no room')
    }),
  ).rejects.toThrow('no room')
  expect(await readdir(folder)).toHaveLength(1)
  await renderings.clear()
  expect(await readdir(folder)).toEqual([])
  await get('one')
  await new Renderings(folder).start()
  expect(await readdir(folder)).toEqual([])
})

test.each<[string | undefined, number, ReturnType<typeof rangeOf>]>([
  [undefined, 10, null],
  ['bytes=0-0', 10, { from: 0, to: 0 }],
  ['bytes=2-', 10, { from: 2, to: 9 }],
  ['bytes=2-99', 10, { from: 2, to: 9 }],
  ['bytes=-3', 10, { from: 7, to: 9 }],
  ['bytes=-30', 10, { from: 0, to: 9 }],
  ['bytes=-0', 10, 'unsatisfiable'],
  ['bytes=10-', 10, 'unsatisfiable'],
  ['bytes=0-', 0, 'unsatisfiable'],
  ['bytes=-1', 0, 'unsatisfiable'],
  ['bytes=3-2', 10, null],
  ['bytes=-', 10, null],
  ['bytes=0-1,3-4', 10, null],
  ['bytes=a-b', 10, null],
])('%s of %i bytes', (header, length, range) => {
  expect(rangeOf(header, length)).toEqual(range)
})
