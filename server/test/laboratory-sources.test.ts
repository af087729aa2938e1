import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFits } from '@ajar/images'
import type { KyselyPlugin } from 'kysely'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { openDatabases } from '../src/database/open-databases.ts'
import type { StateDatabase } from '../src/database/state-database.ts'
import { type Entry, MOST_FRAMES, type Query } from '../src/datasessions/entries.ts'
import { FieldErrors } from '../src/datasessions/field-errors.ts'
import { Files } from '../src/datasessions/files/files.ts'
import { SignedUrls } from '../src/datasessions/files/signed-urls.ts'
import { AllSources } from '../src/datasessions/sources/all-sources.ts'
import { FitsFolder } from '../src/datasessions/sources/fits-folder.ts'
import type { Source } from '../src/devices/source.ts'
import { createLog } from '../src/logging/logging.ts'
import { temporaryFolder } from './temporary-folder.ts'

const CAMERA = 'pi/cam'
const MINUTE = 60_000

type World = Awaited<ReturnType<typeof open>>
let world: World
beforeEach(async () => {
  world = await open()
})

/** Ten frames a minute apart; those of minutes 0 and 1 are pruned, that of minute 9 was refused at the door. */
async function open() {
  const dataDir = await temporaryFolder(onTestFinished)
  const archiveDir = join(dataDir, 'fits')
  mkdirSync(archiveDir)
  await writeFits(join(archiveDir, 'sky.fits'), { width: 2, height: 2, planes: 1, samples: new Uint8Array(4) })
  const closers: (() => unknown)[] = []
  onTestFinished(async () => {
    for (const close of closers.reverse()) await close()
  })
  const framesFolder = join(dataDir, 'frames')
  const log = createLog('silent')
  const { frames, archive, ...opened } = await openDatabases({ dataDir, framesFolder, fileBytes: 1e6, log }, closers)
  const { database, statements } = counted(opened.database)
  const frame = { camera: CAMERA, received_at: 1, classified_at: 1, recorded_at: 1, size: 3, late: 0 as const }
  const result = { camera: CAMERA, model: 'm', best: null, probabilities_json: null, reason: null, latency_ms: 1 }
  for (let minute = 0; minute < 10; minute++) {
    const captured_at = minute * MINUTE
    const stored_at = minute === 9 ? null : captured_at + 5
    const jpeg = new TextEncoder().encode(`picture ${minute}`)
    if (minute > 1 && minute < 9)
      await frames.put({ camera: CAMERA, capturedAt: captured_at, receivedAt: 1, dup: false, ended: true, jpeg })
    const outcome = minute === 9 ? ('refused' as const) : ('classified' as const)
    await database.write
      .insertInto('frames')
      .values({ ...frame, captured_at, stored_at, sha256: new Uint8Array(32), outcome, code: null })
      .execute()
    const state = minute % 2 ? 'open' : 'shut'
    if (minute < 9)
      await database.write
        .insertInto('results')
        .values({ ...result, captured_at, state, confidence: 0.5, late: 0, novelty: null, signature: null })
        .execute()
  }
  const camera = { id: CAMERA, kind: 'camera' } as Source
  const cameras = {
    find: (id: string) => (id === CAMERA ? camera : null),
    list: () => [camera],
    nameNow: (ref: { device: string; camera: string }) =>
      ref.camera === 'old' ? { device: 'pi', camera: 'cam' } : ref,
  }
  const files = new Files({ database, folder: join(dataDir, 'laboratory'), urls: new SignedUrls(new Uint8Array(32)) })
  await files.start()
  const described = vi.spyOn(archive, 'described')
  const sources = new AllSources({ database, archive, cameras, files, fits: new FitsFolder(archiveDir) })
  return { database, files, sources, archiveDir, statements, described }
}

/** The database, with the statements that were read from it. */
function counted(database: StateDatabase): { database: StateDatabase; statements: string[] } {
  const statements: string[] = []
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      statements.push(node.kind)
      return node
    },
    transformResult: async ({ result }) => result,
  }
  return { database: { ...database, read: database.read.withPlugin(plugin) }, statements }
}

/** A file of the laboratory: an upload of somebody, or part of a result. */
async function file(basename: string, more: { owner?: string; result?: number; type?: string }) {
  const { owner = null, result = null, type = 'fits' } = more
  const forms_json = JSON.stringify(type === 'table' ? { csv: `${basename}.csv` } : { fits: `${basename}.fits` })
  const row = { basename, owner, result, type, forms_json, bytes: 1, sha256: `sha of ${basename}`, created_at: 1 }
  await world.database.write.insertInto('laboratory_files').values(row).execute()
}

const shows = (owner: string, result: number) =>
  world.database.write
    .insertInto('operations')
    .values({
      ...{
        session: 1,
        owner,
        name: 'Median',
        input_json: '{}',
        job: null,
        cache_key: 'k',
        state: 'COMPLETED',
        message: '',
      },
      ...{ result, created_at: 1, finished_at: 1 },
    })
    .execute()

const archived = (...basenames: string[]): Entry[] => basenames.map((basename) => ({ source: 'archive', basename }))
const own = (...basenames: string[]): Entry[] => basenames.map((basename) => ({ source: 'datalab', basename }))
const query = (more: Partial<Query> = {}): Entry => ({ source: 'archive', query: { camera: CAMERA, ...more } })
const resolve = (entries: Entry[], account = 'ann') => world.sources.resolve(account, 'files', entries)
const namesOf = async (entries: Entry[]) => (await resolve(entries)).files.map(({ basename }) => basename)

/** What is told of entries that cannot be. */
async function refusal(entries: Entry[], account = 'ann'): Promise<string[]> {
  const error = await resolve(entries, account).catch((error) => error)
  expect(error).toBeInstanceOf(FieldErrors)
  return error.fields.files
}

describe('frames', () => {
  test('by basename, by id, by a name that their camera had; with what was recorded', async () => {
    const names = ['pi_cam_180000', 'pi/cam/180000', 'pi_old_180000']
    const { files, fingerprints, isShared } = await resolve(archived(...names))
    expect(files.map(({ basename }) => basename)).toEqual(['pi_cam_180000', 'pi_cam_180000', 'pi_old_180000'])
    for (const { at, recorded, source } of files)
      expect({ at, recorded, source }).toEqual({
        ...{ at: { frame: { camera: CAMERA, capturedAt: 180_000 } }, source: 'archive' },
        recorded: { state: 'open', confidence: 0.5 },
      })
    expect(new Set(fingerprints).size).toBe(1)
    expect(isShared).toBe(true)
  })

  test('are another input where another state was recorded', async () => {
    const before = (await resolve(archived('pi_cam_180000'))).fingerprints
    await world.database.write
      .updateTable('results')
      .set({ state: 'shut' })
      .where('captured_at', '=', 180_000)
      .execute()
    expect((await resolve(archived('pi_cam_180000'))).fingerprints).not.toEqual(before)
  })

  test('whose picture is pruned are refused, and it is told why; so are others that are not there', async () => {
    const [pruned, ...others] = await refusal(
      archived('pi_cam_60000', 'pi_cam_77', 'pi_cam_540000', 'pi_none_180000', 'pi_cam_', '../key', ''),
    )
    expect(pruned).toContain('pi_cam_60000 is not kept any more')
    expect(others.slice(0, 2)).toEqual(['pi_cam_77 is not there', 'pi_cam_540000 is not there'])
    expect(others.at(-1)).toBe('and 2 more')
  })

  test.each<[string, Partial<Query>, number[]]>([
    ['all, the oldest first', {}, [2, 3, 4, 5, 6, 7, 8]],
    ['of a span', { from: 3 * MINUTE, to: 6 * MINUTE }, [3, 4, 5]],
    ['of a state', { state: 'open' }, [3, 5, 7]],
    ['the newest of every three minutes', { every: 3 * MINUTE }, [2, 5, 8]],
    ['of a state and thinned', { state: 'shut', every: 4 * MINUTE }, [2, 6, 8]],
    ['under a name that the camera had', { camera: 'pi/old', from: 8 * MINUTE }, [8]],
  ])('by query: %s', async (_, asked, minutes) => {
    const expected = minutes.map((minute) => `pi_cam_${minute * MINUTE}`)
    expect(await namesOf([query(asked)])).toEqual(expected)
    const expanded = await world.sources.expand('ann', 'input_data', [{ ...query(asked), type: 'fits', mine: 1 }])
    expect(expanded).toEqual(expected.map((basename) => ({ type: 'fits', mine: 1, source: 'archive', basename })))
  })

  test.each<[string, Partial<Query>]>([
    ['no camera', { camera: 'pi/none' }],
    ['no name of one', { camera: 'nonsense' }],
    ['no frame', { state: 'gone' }],
    ['none that is kept', { to: 2 * MINUTE }],
    ['an empty span', { from: 5, to: 5 }],
  ])('a query of %s is refused', async (_, asked) => {
    expect(await refusal([query(asked)])).toEqual([
      expect.stringContaining('camera' in asked ? 'no camera' : 'no frame'),
    ])
  })

  test('too many of them are refused, not cut', async () => {
    const at = Array.from({ length: MOST_FRAMES }, (_, i) => i + 10_000_000)
    const row = {
      camera: CAMERA,
      received_at: 1,
      stored_at: 1,
      classified_at: 1,
      recorded_at: 1,
      size: 1,
      late: 0 as const,
    }
    for (let i = 0; i < at.length; i += 500)
      await world.database.write
        .insertInto('frames')
        .values(
          at.slice(i, i + 500).map((captured_at) => ({
            ...{ ...row, captured_at, sha256: new Uint8Array(32), outcome: 'skipped' as const, code: null },
          })),
        )
        .execute()
    expect(await refusal([query()])).toEqual([expect.stringContaining(`more than ${MOST_FRAMES}`)])
  })

  test('are looked up no further as soon as they are too many together', async () => {
    const almost = archived(...Array.from({ length: MOST_FRAMES - 5 }, () => 'pi_cam_180000'))
    const queries = [1, 2, 3, 4].map((every) => query({ every: every * 1000 }))
    const tooMany = [expect.stringContaining(`more than ${MOST_FRAMES} pictures are meant together`)]
    expect(await refusal([...almost, ...queries])).toEqual(tooMany)
    expect(world.described).toHaveBeenCalledTimes(2) // of the named ones, and of the first query
    expect(await refusal([...almost, ...almost])).toEqual(tooMany)
    expect(world.described).toHaveBeenCalledTimes(2)
  })

  test('of equal queries are looked up once', async () => {
    const one = query({ from: 3 * MINUTE, to: 5 * MINUTE })
    const turned: Entry = { source: 'archive', query: { to: 5 * MINUTE, from: 3 * MINUTE, camera: CAMERA } }
    const names = await namesOf([one, turned])
    expect(names.slice(0, names.length / 2)).toEqual(names.slice(names.length / 2))
    expect(world.described).toHaveBeenCalledTimes(1)
  })
})

describe('many at once', () => {
  test.each([
    ['files of others', own],
    ['frames', (...names: string[]) => archived(...names.map((name) => `pi_cam_${name}`))],
    ['files', archived],
  ])('%s that are not there are looked for together, and few are asked why', async (_, entriesOf) => {
    const names = Array.from({ length: 10_000 }, (_, i) => `1${i}`)
    const reasons = await world.sources.expand('ann', 'files', entriesOf(...names)).catch(({ fields }) => fields.files)
    expect(reasons).toEqual([...Array(5).fill(expect.stringMatching(/is not there$/)), 'and 9995 more'])
    expect(world.statements.length).toBeLessThanOrEqual(25)
  })

  test('of queries no more is gathered than may be', async () => {
    const [first] = await world.sources.expand('ann', 'files', [query()])
    expect(first).toBeDefined()
    world.statements.length = 0
    // Seven frames each.
    const entries = Array.from({ length: 10_000 }, () => query())
    expect(await refusal(entries)).toEqual([
      expect.stringContaining(`more than ${MOST_FRAMES} pictures are meant together`),
    ])
    expect(world.statements.length).toBeLessThan(2 * (MOST_FRAMES / 7 + 1))
  })
})

describe('files', () => {
  test("of the archive are everybody's, and another input once they changed", async () => {
    const before = await resolve(archived('sky'))
    expect(before).toMatchObject({ isShared: true, files: [{ basename: 'sky', source: 'archive', recorded: null }] })
    await writeFits(join(world.archiveDir, 'sky.fits'), { width: 2, height: 1, planes: 1, samples: new Uint8Array(2) })
    writeFileSync(join(world.archiveDir, 'sky.fits'), 'changed')
    expect((await resolve(archived('sky'))).fingerprints).not.toEqual(before.fingerprints)
  })

  test('that somebody uploaded are theirs alone', async () => {
    await file('mine', { owner: 'ann' })
    expect(await resolve(own('mine'))).toMatchObject({ fingerprints: ['sha of mine'], isShared: false })
    expect(await refusal(own('mine'), 'bob')).toEqual(['mine is not there'])
    expect(await world.sources.find('bob', 'datalab', 'mine')).toBeNull()
    expect(await world.sources.find(null, 'datalab', 'mine')).not.toBeNull()
  })

  test('that an operation made are for those one of whose operations shows them', async () => {
    await file('made', { result: 7 })
    expect(await refusal(own('made'))).toEqual(['made is not there'])
    await shows('ann', 7)
    expect(await namesOf(own('made'))).toEqual(['made'])
    expect(await refusal(own('made'), 'bob')).toEqual(['made is not there'])
    expect((await resolve(own('made'))).isShared).toBe(false)
  })

  test('that are no pictures, or of no source, are refused', async () => {
    await file('rows', { owner: 'ann', type: 'table' })
    expect(await refusal(own('rows'))).toEqual(['rows is no picture'])
    expect(await refusal([{ source: 'moon', basename: 'sky' }])).toEqual([expect.stringContaining('no source moon')])
  })

  test('come in the order in which they are named, with what was said with each', async () => {
    await file('mine', { owner: 'ann' })
    const entries: Entry[] = [
      { source: 'archive', basename: 'sky', zmin: 1, zmax: 2, color: 'red' },
      query({ from: 7 * MINUTE }),
      { source: 'datalab', basename: 'mine', zmin: 'low' },
      { source: 'archive', basename: 'sky' },
    ]
    const { files, isShared } = await resolve(entries)
    expect(files.map(({ basename }) => basename)).toEqual(['sky', 'pi_cam_420000', 'pi_cam_480000', 'mine', 'sky'])
    expect(files[0]).toMatchObject({ zmin: 1, zmax: 2, color: 'red' })
    expect(files[3]).not.toHaveProperty('zmin')
    expect(isShared).toBe(false)
    expect(await world.sources.expand('ann', 'input_data', [entries[0] as Entry])).toEqual([entries[0]])
  })
})
