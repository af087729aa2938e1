import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { mountedFolder } from '../../test/setup/mounted.ts'
import { listBackups, newestBackup, pruneNightly } from '../src/backup/backup-folder.ts'
import { makeBackup } from '../src/backup/make-backup.ts'
import { readManifest } from '../src/backup/manifest.ts'
import { JOB_KINDS } from '../src/jobs/kinds.ts'
import { backUp, framesIn, pendingIn, restoreTo, rowsOf } from './backed-up.ts'
import { CAMERA, DAY, Stored } from './stored.ts'
import { temporaryFolder } from './temporary-folder.ts'

const KEPT = [1, 2, DAY + 1, 2 * DAY]
const OTHERS = [3, 4, 5]
/** Each fsync of a shared disk may take long. */
const PATIENCE_MS = 120_000

/** A data folder with labelled frames of three days and others, one of which waits for the pipeline, and a model. */
async function filled() {
  const stored = await Stored.open()
  await stored.put([...KEPT, ...OTHERS])
  await stored.put([6], { pending: true })
  for (const time of KEPT) await stored.label(time)
  addModel(stored, 1)
  return { stored, backups: join(await temporaryFolder(onTestFinished), 'backups') }
}

function addModel({ folder }: Stored, version: number) {
  const files = join(folder, 'models', CAMERA, String(version))
  mkdirSync(files, { recursive: true })
  writeFileSync(join(files, 'model.json'), `{"version":${version}}`)
  writeFileSync(join(files, 'head.bin'), Buffer.alloc(5000, version))
  const state = new DatabaseSync(join(folder, 'state.db'))
  state
    .prepare(
      `insert into models (id, camera, version, backbone, engine, created_at, evaluation_json)
       values (?, ?, ?, 'b', 'e', 1, '{}')`,
    )
    .run(`${CAMERA}@${version}`, CAMERA, version)
  state.close()
}

/** Writes until the disk takes nothing more. */
function fill(path: string) {
  const file = openSync(path, 'w')
  try {
    for (;;) writeSync(file, Buffer.alloc(4096))
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' })
  } finally {
    closeSync(file)
  }
}

/** Of these times, those whose frames the server finds. */
async function there({ archive }: Stored, times: number[]): Promise<number[]> {
  const found = await archive.has(times.map((capturedAt) => ({ camera: CAMERA, capturedAt })))
  return times.filter((_, i) => found[i])
}

const only = (frames: Record<string, string>, times: number[]) =>
  Object.fromEntries(Object.entries(frames).filter(([id]) => times.includes(Number(id.split('/')[2]))))
const inodes = (folder: string, part: string) =>
  Object.fromEntries(readdirSync(join(folder, part)).map((name) => [name, statSync(join(folder, part, name)).ino]))

describe('a backup beside whoever has the data folder open', { timeout: PATIENCE_MS }, () => {
  test('holds state, kept frames and models, and a restored folder holds just these', async () => {
    const { stored, backups } = await filled()
    const made = await backUp(stored.folder, backups)
    expect(made.counts).toEqual({ kept: 4, others: 0, gone: 0, models: 1, modelsGone: 0 })
    const target = join(await temporaryFolder(onTestFinished), 'data')
    await restoreTo(target, join(backups, made.name))
    expect(framesIn(join(target, 'frames'))).toEqual(only(framesIn(join(stored.folder, 'frames')), KEPT))
    for (const table of ['labels', 'frames', 'models', 'kysely_migration'])
      expect(rowsOf(target, table)).toEqual(rowsOf(stored.folder, table))
    const model = ['models', CAMERA, '1', 'head.bin']
    expect(readFileSync(join(target, ...model))).toEqual(readFileSync(join(stored.folder, ...model)))
    const again = await Stored.open({}, target)
    expect(await there(again, [...KEPT, ...OTHERS])).toEqual(KEPT)
    expect(again.files).toEqual(['kept.db'])
  })

  test('with all frames, those that wait for the pipeline still do', async () => {
    const { stored, backups } = await filled()
    await stored.label(6)
    await stored.put([7], { pending: true })
    const { name, counts } = await backUp(stored.folder, backups, { allFrames: true })
    expect(counts).toMatchObject({ kept: 5, others: 4 })
    const target = join(await temporaryFolder(onTestFinished), 'data')
    await restoreTo(target, join(backups, name))
    expect(framesIn(join(target, 'frames'))).toEqual(framesIn(join(stored.folder, 'frames')))
    expect(pendingIn(join(target, 'frames'))).toEqual([`${CAMERA}/6`, `${CAMERA}/7`])
    const again = await Stored.open({}, target)
    expect(await there(again, [...KEPT, ...OTHERS, 6, 7])).toEqual([...KEPT, ...OTHERS, 6, 7])
  })

  test('finds kept frames wherever they lie, also in files that went long ago', async () => {
    const { stored, backups } = await filled()
    await stored.close()
    const pruned = await Stored.open({ bytes: 1 }, stored.folder)
    await pruned.retention.sweep()
    expect(pruned.files).toContain('kept.db')
    const { counts } = await backUp(stored.folder, backups)
    expect(counts).toMatchObject({ kept: 4, gone: 0 })
  })

  test('the next one shares what has not changed, and holds nothing of what was removed', async () => {
    const { stored, backups } = await filled()
    const first = await backUp(stored.folder, backups)
    await stored.frames.remove(CAMERA, DAY, DAY + 2, 10)
    await stored.put([2 * DAY + 5])
    await stored.label(2 * DAY + 5)
    addModel(stored, 2)
    const second = await backUp(stored.folder, backups)
    const [before, after] = [first, second].map(({ name }) => join(backups, name)) as [string, string]
    expect(readdirSync(join(after, 'kept'))).toEqual(['1970-01-01.db', '1970-01-03.db'])
    expect(inodes(after, 'kept')['1970-01-01.db']).toBe(inodes(before, 'kept')['1970-01-01.db'])
    expect(inodes(after, 'kept')['1970-01-03.db']).not.toBe(inodes(before, 'kept')['1970-01-03.db'])
    expect(inodes(after, `models/${CAMERA}/1`)).toEqual(inodes(before, `models/${CAMERA}/1`))
    expect(second.counts).toEqual({ kept: 4, others: 0, gone: 1, models: 2, modelsGone: 0 })
    expect(second.newBytes).toBeLessThan(second.bytes - 200_000)
    expect(Object.keys(framesIn(join(after, 'kept')))).not.toContain(`${CAMERA}/${DAY + 1}`)
  })

  test('a shared file that the disk has spoilt is found within a week, and written anew', async () => {
    const { stored, backups } = await filled()
    const first = await backUp(stored.folder, backups)
    const path = join(backups, first.name, 'manifest.json')
    const manifest = await readManifest(join(backups, first.name))
    const old = {
      ...manifest,
      files: manifest.files.map((file) => ({ ...file, checkedAt: '2020-01-01T00:00:00.000Z' })),
    }
    writeFileSync(path, JSON.stringify(old))
    const spoilt = join(backups, first.name, 'kept', '1970-01-01.db')
    const bytes = readFileSync(spoilt)
    bytes[bytes.length - 100] = (bytes[bytes.length - 100] ?? 0) ^ 1
    writeFileSync(spoilt, bytes)
    const second = await backUp(stored.folder, backups)
    const target = join(await temporaryFolder(onTestFinished), 'data')
    await restoreTo(target, join(backups, second.name))
    expect(framesIn(join(target, 'frames'))).toEqual(only(framesIn(join(stored.folder, 'frames')), KEPT))
    const [kept, other] = ['1970-01-01.db', '1970-01-02.db'].map(
      (name) => inodes(join(backups, second.name), 'kept')[name] === inodes(join(backups, first.name), 'kept')[name],
    )
    expect({ kept, other }).toEqual({ kept: false, other: true })
  })

  test('of a model without files it says so', async () => {
    const { stored, backups } = await filled()
    addModel(stored, 2)
    renameSync(join(stored.folder, 'models', CAMERA, '2'), join(stored.folder, 'elsewhere'))
    expect((await backUp(stored.folder, backups)).counts).toMatchObject({ models: 1, modelsGone: 1 })
  })

  test('a camera that is half renamed is waited for', async () => {
    const { stored, backups } = await filled()
    const intent = { from_camera: CAMERA, to_camera: 'pi/other', author: 'test', at: 1 }
    await stored.database.write.insertInto('camera_renames').values(intent).execute()
    await expect(backUp(stored.folder, backups)).rejects.toMatchObject({ code: 'renaming', fault: 'environment' })
    expect(readdirSync(backups)).toEqual(['.lock'])
  })

  test('begins nothing on another machine that somebody else was at here', async () => {
    const { stored, backups } = await filled()
    const kinds = ['training', 'backup', ...JOB_KINDS.filter(({ isFollowed }) => isFollowed).map(({ name }) => name)]
    for (const kind of kinds)
      for (const state of ['queued', 'running', 'done'] as const) {
        const row = { id: `${kind}-${state}`, kind, state, progress: 0, params_json: '{}', created_at: 1, starts: 0 }
        await stored.database.write.insertInto('jobs').values(row).execute()
      }
    const { name } = await backUp(stored.folder, backups)
    const there = rowsOf(join(backups, name), 'jobs').map((row) => (row as { id: string }).id)
    expect(there.sort()).toEqual([...kinds.map((kind) => `${kind}-done`), 'training-queued', 'training-running'].sort())
  })

  test('nobody but the owner reads it', async () => {
    const { stored, backups } = await filled()
    const { name } = await backUp(stored.folder, backups)
    const modes = [backups, join(backups, name), join(backups, name, 'kept'), join(backups, name, 'models', CAMERA)]
    for (const folder of modes) expect(statSync(folder).mode & 0o077).toBe(0)
  })
})

describe('the folder of backups', { timeout: PATIENCE_MS }, () => {
  test('two at once: the second is refused, and what a killed one left goes', async () => {
    const { stored, backups } = await filled()
    mkdirSync(join(backups, '.ajar-20200101T000000Z.new', 'kept'), { recursive: true })
    const results = await Promise.allSettled([backUp(stored.folder, backups), backUp(stored.folder, backups)])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const refused = results.find(({ status }) => status === 'rejected')
    expect(refused).toMatchObject({ reason: { code: 'backup_running', fault: 'environment' } })
    expect(readdirSync(backups).filter((name) => name.startsWith('.ajar'))).toEqual([])
  })

  test('nightly ones beyond so many go, those that were asked for stay, and what is not whole', async () => {
    const { stored, backups } = await filled()
    const names: string[] = []
    for (const kind of ['nightly', 'asked', 'nightly', 'nightly'] as const)
      names.push((await backUp(stored.folder, backups, { kind })).name)
    mkdirSync(join(backups, 'ajar-20200101T000000Z'))
    const prune = (kept: number) => pruneNightly(backups, names[3] ?? '', kept, Date.now() + DAY)
    expect(await prune(2)).toEqual([names[0]])
    expect(await prune(0)).toEqual([names[2]])
    expect((await listBackups(backups)).map(({ name, complete, kind }) => [name, complete, kind])).toEqual([
      [names[3], true, 'nightly'],
      [names[1], true, 'asked'],
      ['ajar-20200101T000000Z', false, 'asked'],
    ])
  })

  test('made under a clock that was ahead, they push no newer one out, and are none that others are counted with', async () => {
    const { stored, backups } = await filled()
    const make = async () => (await backUp(stored.folder, backups, { kind: 'nightly' })).name
    const [ahead, before, last] = [await make(), await make(), await make()]
    const later = 'ajar-20990101T000000Z'
    const path = join(backups, ahead, 'manifest.json')
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(ahead, later))
    renameSync(join(backups, ahead), join(backups, later))
    expect(await pruneNightly(backups, last, 1, Date.now() + DAY)).toEqual([before])
    expect(await pruneNightly(backups, last, 1, 0), 'a clock that was set back since').toEqual([])
    expect((await listBackups(backups)).map(({ name, complete }) => [name, complete])).toEqual([
      [later, true],
      [last, true],
    ])
    expect((await newestBackup(backups, Date.now() + DAY))?.manifest.name).toBe(last)
  })

  test('how far it is can be told also where nothing is to be written', async () => {
    const { stored, backups } = await filled()
    await stored.frames.put({ camera: 'pi/empty', capturedAt: 9, receivedAt: 1, dup: false, jpeg: new Uint8Array(0) })
    const row = { camera: 'pi/empty', captured_at: 9, state: 'open', author: 'test', labelled_at: 1 }
    await stored.database.write.insertInto('labels').values(row).execute()
    await backUp(stored.folder, backups)
    const told: number[] = []
    rmSync(join(backups, (await listBackups(backups))[0]?.name ?? '', 'kept'), { recursive: true })
    await stored.database.write.deleteFrom('labels').where('camera', '=', CAMERA).execute()
    const order = { dataDir: stored.folder, folder: backups, kind: 'asked', allFrames: false } as const
    await makeBackup({ ...order, leastFreeBytes: 0, release: '1', rests: false }, async (_, fraction) => {
      told.push(fraction)
    })
    expect(told.length).toBeGreaterThan(2)
    expect(told.filter((fraction) => !(fraction >= 0 && fraction <= 1))).toEqual([])
  })

  test('where the disk fills while it is written nothing is left behind, and the next one is whole', async (context) => {
    const { stored } = await filled()
    const mounted = await mountedFolder('size=8m', context)
    const backups = join(mounted, 'backups')
    const others = join(mounted, 'of-others')
    const order = {
      dataDir: stored.folder,
      folder: backups,
      kind: 'asked',
      allFrames: true,
      leastFreeBytes: 0,
    } as const
    const phases: string[] = []
    const making = makeBackup({ ...order, release: '1', rests: false }, async (phase) => {
      phases.push(phase)
      if (phase === 'frames' && !existsSync(others)) fill(others)
    })
    await expect(making).rejects.toThrow(/full|ENOSPC|no space/i)
    expect(phases.at(-1), 'in the middle of its frames').toBe('frames')
    expect(readdirSync(backups)).toEqual(['.lock'])
    rmSync(others)
    const { name } = await backUp(stored.folder, backups, { allFrames: true })
    const target = join(await temporaryFolder(onTestFinished), 'data')
    await restoreTo(target, join(backups, name))
    expect(framesIn(join(target, 'frames'))).toEqual(framesIn(join(stored.folder, 'frames')))
  })

  test('where the disk has too little room nothing is left behind', async () => {
    const { stored, backups } = await filled()
    const order = { leastFreeBytes: Number.MAX_SAFE_INTEGER }
    await expect(backUp(stored.folder, backups, order)).rejects.toMatchObject({ code: 'no_room', fault: 'environment' })
    expect(readdirSync(backups)).toEqual(['.lock'])
  })
})
