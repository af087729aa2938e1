import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Archive } from '../src/database/frames/archive.ts'
import { FrameReader } from '../src/database/frames/frame-reader.ts'
import { FrameStore, type NewFrame, type Taken } from '../src/database/frames/frame-store.ts'
import { FramesFile } from '../src/database/frames/frames-file.ts'
import { temporaryFolder } from './temporary-folder.ts'

const EVERYTHING = Number.MAX_SAFE_INTEGER
const BIG = 'x'.repeat(200_000)

interface Opened {
  folder: string
  store: FrameStore
  archive: Archive
  put(camera: string, capturedAt: number | null, text: string, more?: Partial<NewFrame>): Promise<Taken>
}

/** A store; of files of at most 300 kB, so that a `BIG` frame or two fill one. */
async function open(): Promise<Opened> {
  const folder = await temporaryFolder(onTestFinished)
  const store = await FrameStore.open(folder, () => {}, 300_000)
  onTestFinished(() => store.close())
  const archive = await Archive.open(folder)
  onTestFinished(() => archive.close())
  const put: Opened['put'] = (camera, capturedAt, text, more = {}) =>
    store.put({ camera, capturedAt, receivedAt: 1000, dup: false, jpeg: new TextEncoder().encode(text), ...more })
  return { folder, store, archive, put }
}

const pendingTimes = async (store: FrameStore, camera: string) =>
  (await store.pending(camera, EVERYTHING, 10_000)).map(({ capturedAt }) => capturedAt)

/** Files of the folder, journals included, that hold the text anywhere. */
const holding = (folder: string, text: string) =>
  readdirSync(folder).filter((name) => readFileSync(`${folder}/${name}`).includes(text))

describe('remove', () => {
  test('takes the oldest of a span first, over all files, and says how many', async () => {
    const { store, archive, put } = await open()
    for (const time of [50, 10, 30, 20, 40]) await put('pi/a', time, `${time}${BIG}`)
    await put('pi/b', 30, 'another camera')
    expect(await store.remove('pi/a', 20, 50, 2)).toBe(2)
    const left = [10, 20, 30, 40, 50].map((capturedAt) => ({ camera: 'pi/a', capturedAt }))
    expect(await archive.has(left)).toEqual([true, false, false, true, true])
    expect(await store.remove('pi/a', 20, 50, 2)).toBe(1)
    expect(await store.remove('pi/a', 20, 50, 2)).toBe(0)
    expect(await pendingTimes(store, 'pi/a')).toEqual([50, 10])
    expect(await pendingTimes(store, 'pi/b')).toEqual([30])
  })

  test('leaves no byte in the files or their journals', async () => {
    const { folder, store, put } = await open()
    const secrets = Array.from({ length: 40 }, (_, i) => `the secret ${i} of pi/a`)
    for (const [i, secret] of secrets.entries()) await put('pi/a', i, secret.padEnd(i % 2 === 0 ? 1000 : 40_000, '.'))
    await put('pi/b', 1, 'of another camera')
    expect(holding(folder, 'the secret 7')).not.toEqual([])
    while ((await store.remove('pi/a', 0, EVERYTHING, 7)) > 0);
    for (const secret of secrets) expect(holding(folder, secret)).toEqual([])
    expect(holding(folder, 'of another camera')).not.toEqual([])
  })

  test('deletes a file that became empty, but for the one that takes new frames', async () => {
    const { folder, store, put } = await open()
    for (let time = 1; time <= 6; time++) await put('pi/a', time, `${time}${BIG}`)
    const before = readdirSync(folder).filter((name) => name.endsWith('.db'))
    expect(before.length).toBeGreaterThan(2)
    while ((await store.remove('pi/a', 0, EVERYTHING, 2)) > 0);
    const after = readdirSync(folder).filter((name) => !name.endsWith('-journal'))
    expect(after).toEqual([before.sort().at(-1)])
    expect((await put('pi/a', 1, 'again')).kind).toBe('stored')
  })

  test('kept frames that are let go have left the disk', async () => {
    const { folder, store, archive, put } = await open()
    for (let time = 1; time <= 4; time++) await put('pi/a', time, `${time}${BIG}`)
    const first = await archive.find('pi/a', 1)
    const kept = [{ camera: 'pi/a', capturedAt: 1 }]
    await store.keep(first?.file ?? '', kept)
    expect(readdirSync(folder)).toContain('kept.db')
    await store.release(kept)
    expect(readdirSync(folder).filter((name) => /kept/.test(name))).toEqual([])
  })

  test('a row is not used again: who still holds it finishes and reads nothing else', async () => {
    const { folder, store, put } = await open()
    const { frame } = await put('pi/a', 1, 'one')
    await store.remove('pi/a', 0, EVERYTHING, 10)
    await put('pi/a', 1, 'one')
    await put('pi/b', 1, 'of another camera')
    await store.finish([frame])
    expect(await pendingTimes(store, 'pi/a')).toEqual([1])
    const reader = new FrameReader(folder)
    expect(reader.jpeg(frame)).toBeNull()
    reader.close()
  })
})

describe('rename', () => {
  test('takes the frames along: found, listed, finished, and times rise on, in old files and new', async () => {
    const { store, archive, put } = await open()
    for (let time = 1; time <= 4; time++) await put('pi/old', time, `${time}${BIG}`)
    const inTheClassifier = await store.pending('pi/old', 3, 1)
    await store.rename('pi/old', 'pi/new')
    expect(await archive.jpeg('pi/old', 1)).toBeNull()
    expect(new TextDecoder().decode((await archive.jpeg('pi/new', 1)) ?? undefined).slice(0, 2)).toBe('1x')
    expect(await archive.find('pi/new', 4)).toMatchObject({ camera: 'pi/new', capturedAt: 4 })
    expect(await store.pendingCounts()).toEqual([{ camera: 'pi/new', count: 4 }])
    await store.finish(inTheClassifier)
    expect(await pendingTimes(store, 'pi/new')).toEqual([4, 3, 1])
    expect((await put('pi/new', 4, `4${BIG}`)).kind).toBe('duplicate')
    expect((await put('pi/new', null, 'next', { receivedAt: 2 })).frame.capturedAt).toBe(5)
  })

  test('frees the old name: a new camera does not meet the old frames', async () => {
    const { store, archive, put } = await open()
    await put('pi/a', 1, 'of the first')
    await store.rename('pi/a', 'pi/b')
    expect((await put('pi/a', 1, 'of the second')).kind).toBe('stored')
    expect((await put('pi/a', null, 'next', { receivedAt: 1 })).frame.capturedAt).toBe(2)
    await store.rename('pi/b', 'pi/c')
    await store.rename('pi/a', 'pi/b')
    const text = async (camera: string) => {
      const jpeg = await archive.jpeg(camera, 1)
      return jpeg && new TextDecoder().decode(jpeg)
    }
    expect(await Promise.all(['pi/a', 'pi/b', 'pi/c'].map(text))).toEqual([null, 'of the second', 'of the first'])
  })

  test('goes there and back', async () => {
    const { store, archive, put } = await open()
    await put('pi/a', 1, 'one')
    await store.rename('pi/a', 'pi/b')
    await store.rename('pi/b', 'pi/a')
    await put('pi/a', 2, 'two')
    const frames = [1, 2].flatMap((capturedAt) => ['pi/a', 'pi/b'].map((camera) => ({ camera, capturedAt })))
    expect(await archive.has(frames)).toEqual([true, false, true, false])
  })

  test('done again it changes nothing, also where only some of the files were renamed', async () => {
    const { folder, store, archive, put } = await open()
    for (let time = 1; time <= 4; time++) await put('pi/a', time, `${time}${BIG}`)
    const [first = ''] = readdirSync(folder).filter((name) => name.endsWith('.db'))
    const file = FramesFile.open(folder, first, { readOnly: false })
    file.rename('pi/a', 'pi/b') // and then the server was killed
    file.close()
    await store.rename('pi/a', 'pi/b')
    await store.rename('pi/a', 'pi/b')
    const frames = [1, 2, 3, 4].map((capturedAt) => ({ camera: 'pi/b', capturedAt }))
    expect(await archive.has(frames)).toEqual([true, true, true, true])
  })

  test('a removed name can be taken', async () => {
    const { store, archive, put } = await open()
    await put('pi/a', 1, 'replaced')
    await put('pi/b', 1, 'replacement')
    await store.remove('pi/a', 0, EVERYTHING, 10)
    await store.rename('pi/b', 'pi/a')
    expect(new TextDecoder().decode((await archive.jpeg('pi/a', 1)) ?? undefined)).toBe('replacement')
    expect(await pendingTimes(store, 'pi/b')).toEqual([])
  })
})

test('the sha256 of what was sent tells a frame sent again from another, whatever is stored', async () => {
  const { archive, put } = await open()
  const sent = (byte: number) => ({ sha256: new Uint8Array(32).fill(byte) })
  expect((await put('pi/a', 1, 'blackened', sent(1))).kind).toBe('stored')
  expect((await put('pi/a', 1, 'blackened otherwise', sent(1))).kind).toBe('duplicate')
  expect((await put('pi/a', 1, 'blackened', sent(2))).kind).toBe('collision')
  expect((await put('pi/a', null, 'blackened', { ...sent(1), dup: true })).kind).toBe('duplicate')
  expect(Buffer.from((await archive.find('pi/a', 1))?.sha256 ?? [])).toEqual(Buffer.alloc(32, 1))
})
