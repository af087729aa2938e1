import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { mountedFolder } from '../../test/setup/mounted.ts'
import { digestOf } from '../src/backup/durable-files.ts'
import { type Manifest, readManifest } from '../src/backup/manifest.ts'
import { Pace } from '../src/backup/pace.ts'
import { restore } from '../src/backup/restore.ts'
import { takeDataFolder } from '../src/database/data-folder.ts'
import { FrameStore } from '../src/database/frames/frame-store.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { backUp, framesIn, restoreTo } from './backed-up.ts'
import { temporaryFolder } from './temporary-folder.ts'

const PATIENCE_MS = 120_000
const KEPT = 'kept/1970-01-01.db'
const RESTORE = join(import.meta.dirname, '../src/restore-process.ts')
/** A fault from outside, loaded into the command before its own code: it ends before state.db has its place. */
const KILLED_AT_STATE = `
  import fs from 'node:fs'
  import { syncBuiltinESMExports } from 'node:module'
  const { rename } = fs.promises
  fs.promises.rename = async (from, to) => {
    if (to.endsWith('state.db')) process.kill(process.pid, 'SIGKILL')
    return rename(from, to)
  }
  syncBuiltinESMExports()`
let folder: string
let whole: string
/** A copy of the backup that a test may spoil, and where it is restored to. */
let backup: string
let target: string

beforeAll(async () => {
  folder = await temporaryFolder(afterFile)
  const dataDir = join(folder, 'data')
  mkdirSync(dataDir)
  const database = await openStateDatabase(dataDir)
  const frames = await FrameStore.open(join(dataDir, 'frames'), () => {})
  const jpeg = new Uint8Array(3000).fill(7)
  await frames.put({ camera: 'pi/cam', capturedAt: 1, receivedAt: 1, dup: false, jpeg, ended: true })
  const label = { camera: 'pi/cam', captured_at: 1, state: 'open', author: 'test', labelled_at: 1 }
  await database.write.insertInto('labels').values(label).execute()
  await frames.close()
  await database.close()
  whole = join(folder, 'backups', (await backUp(dataDir, join(folder, 'backups'))).name)
}, PATIENCE_MS)

beforeEach(async () => {
  const own = await temporaryFolder(onTestFinished)
  backup = join(own, 'backup')
  target = join(own, 'there', 'data')
  execFileSync('cp', ['-a', whole, backup])
  mkdirSync(dirname(target))
})

function preloaded(code: string): string {
  const file = join(dirname(dirname(target)), 'preloaded.mjs')
  writeFileSync(file, code)
  return file
}

async function change(edit: (manifest: Manifest) => unknown) {
  const manifest = await readManifest(backup)
  const changed = edit(manifest) ?? manifest
  writeFileSync(join(backup, 'manifest.json'), JSON.stringify(changed))
}

/** Writes the digest of what a file holds now into the manifest: what whoever makes a hostile backup would do. */
async function vouchFor(path: string) {
  const digested = await digestOf(join(backup, path), new Pace(false))
  await change((manifest) => void Object.assign(manifest.files.find((file) => file.path === path) ?? {}, digested))
}

/** Refused with that code, and nothing is left of it. */
async function refused(code: string) {
  const around = dirname(target)
  const before = readdirSync(around)
  await expect(restoreTo(target, backup)).rejects.toMatchObject({ code })
  expect(readdirSync(around)).toEqual(before)
}

describe('what is not as it was written is refused', { timeout: PATIENCE_MS }, () => {
  test.each(['state.db', KEPT])('one bit of %s', async (path) => {
    const bytes = readFileSync(join(backup, path))
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 4
    writeFileSync(join(backup, path), bytes)
    await refused('damaged')
  })

  test('a file that is shorter, longer or missing', async () => {
    truncateSync(join(backup, KEPT), 4096)
    await refused('damaged')
    truncateSync(join(backup, KEPT), 10_000_000)
    await refused('damaged')
    rmSync(join(backup, KEPT))
    await refused('damaged')
  })

  test('a folder without a manifest, one whose manifest is no JSON, and nothing at all', async () => {
    writeFileSync(join(backup, 'manifest.json'), '{"format":1')
    await refused('not_a_backup')
    rmSync(join(backup, 'manifest.json'))
    await refused('not_a_backup')
    rmSync(backup, { recursive: true })
    await refused('not_a_backup')
  })

  test('a backup of a newer format says which release is needed', async () => {
    await change((manifest) => ({ ...manifest, format: 2 }))
    await expect(restoreTo(target, backup)).rejects.toThrow(/format is 2.*newer release/)
  })
})

describe('a hostile backup', { timeout: PATIENCE_MS }, () => {
  test.each([
    '../state.db',
    '/etc/passwd',
    'kept/../../x.db',
    'run/probe',
    'models/a/b/1/../x',
    'frames/kept.db',
    'models/../b/1/x',
  ])('names no file such as %s', async (path) => {
    await change(({ files, ...rest }) => ({ ...rest, files: [...files, { ...files[0], path }] }))
    await refused('not_a_backup')
  })

  test('leads nowhere by links: not by a file, nor by a folder', async () => {
    const elsewhere = join(dirname(target), 'elsewhere')
    renameSync(join(backup, 'kept'), elsewhere)
    symlinkSync(elsewhere, join(backup, 'kept'))
    await refused('damaged')
    rmSync(join(backup, 'kept'))
    mkdirSync(join(backup, 'kept'))
    symlinkSync(join(elsewhere, '1970-01-01.db'), join(backup, KEPT))
    await refused('damaged')
    rmSync(join(backup, 'manifest.json'))
    symlinkSync(join(whole, 'manifest.json'), join(backup, 'manifest.json'))
    await refused('not_a_backup')
  })

  test('does not make it wait for a pipe', async () => {
    rmSync(join(backup, KEPT))
    execFileSync('mkfifo', [join(backup, KEPT)])
    await refused('damaged')
    rmSync(join(backup, 'manifest.json'))
    execFileSync('mkfifo', [join(backup, 'manifest.json')])
    await refused('not_a_backup')
  })

  test('that claims to be huge is refused before anything is written', async () => {
    await change(({ files, ...rest }) => ({ ...rest, files: files.map((file) => ({ ...file, bytes: 2 ** 50 })) }))
    await refused('damaged')
  })

  test('with a file of holes is refused before it is read', async () => {
    truncateSync(join(backup, KEPT), 2 ** 43)
    await change(({ files, ...rest }) => ({
      ...rest,
      files: files.map((file) => (file.path === KEPT ? { ...file, bytes: 2 ** 43 } : file)),
    }))
    await refused('no_room')
  })

  test('larger than the disk has room for', async () => {
    const order = { backup, dataDir: target, owner: null, leastFreeBytes: 2 ** 50 }
    await expect(restore(order, () => {})).rejects.toMatchObject({ code: 'no_room' })
    expect(readdirSync(dirname(target))).toEqual([])
  })

  test('has no say by views and triggers', async () => {
    const file = new DatabaseSync(join(backup, KEPT))
    file.exec('create view v as select 1')
    file.close()
    await vouchFor(KEPT)
    await refused('damaged')
  })

  test.each([
    'alter table frames add column c int as (abs(-9223372036854775808))',
    'create virtual table v using fts5(a)',
  ])('has no say by what is computed: %s', async (sql) => {
    const file = new DatabaseSync(join(backup, KEPT))
    file.exec(sql)
    file.close()
    await vouchFor(KEPT)
    await refused('damaged')
  })

  test('holds no file of frames that is something else', async () => {
    writeFileSync(join(backup, KEPT), 'no database at all'.repeat(1000))
    await vouchFor(KEPT)
    await refused('damaged')
  })
})

describe('the data folder', { timeout: PATIENCE_MS }, () => {
  test('that holds something, or is in use, is left alone', async () => {
    mkdirSync(target)
    writeFileSync(join(target, 'note'), 'mine')
    await refused('not_empty')
    expect(readdirSync(target)).toEqual(['note'])
    rmSync(join(target, 'note'))
    const giveBack = takeDataFolder(target)
    onTestFinished(giveBack)
    await refused('not_empty')
  })

  test('that is there and empty is taken; what a killed restore left goes', async () => {
    mkdirSync(target)
    mkdirSync(join(dirname(target), '.data.restoring', 'frames'), { recursive: true })
    await restoreTo(target, backup)
    expect(readdirSync(dirname(target))).toEqual(['data'])
    expect(readdirSync(target).sort()).toEqual(['frames', 'state.db'])
    expect(Object.keys(framesIn(join(target, 'frames')))).toEqual(['pi/cam/1'])
  })

  test('a link where a restore lays its files out has nothing emptied', async () => {
    const others = join(dirname(target), 'others')
    mkdirSync(others)
    writeFileSync(join(others, 'note'), 'theirs')
    symlinkSync(others, join(dirname(target), '.data.restoring'))
    await refused('not_empty')
    expect(readdirSync(others)).toEqual(['note'])
  })

  test('while another restore into it is under way, the second is refused', async () => {
    const results = await Promise.allSettled([restoreTo(target, backup), restoreTo(target, backup)])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(Object.keys(framesIn(join(target, 'frames')))).toEqual(['pi/cam/1'])
  })

  test('that is a disk of its own is filled by the same command again where that was killed half-way', async (context) => {
    const mounted = await mountedFolder('size=100m', context)
    const restoring = (...preload: string[]) =>
      spawnSync(process.execPath, [...preload, RESTORE, backup, mounted], { encoding: 'utf8' })
    const killed = restoring(`--import=${preloaded(KILLED_AT_STATE)}`)
    expect(killed.signal, killed.stderr).toBe('SIGKILL')
    expect(readdirSync(mounted).sort()).toEqual(['.restoring', 'frames'])
    expect(restoring()).toMatchObject({ status: 0, stderr: '' })
    expect(readdirSync(mounted).sort()).toEqual(['frames', 'state.db'])
    expect(Object.keys(framesIn(join(mounted, 'frames')))).toEqual(['pi/cam/1'])
    expect(restoring()).toMatchObject({ status: 1, stderr: expect.stringContaining('holds data') })
  })

  test('that is a disk of its own is empty again where it could not be filled', async (context) => {
    const mounted = await mountedFolder('size=100m', context)
    const failing = preloaded(KILLED_AT_STATE.replace("process.kill(process.pid, 'SIGKILL')", "throw new Error('EIO')"))
    const failed = spawnSync(process.execPath, [`--import=${failing}`, RESTORE, backup, mounted], { encoding: 'utf8' })
    expect(failed).toMatchObject({ status: 1, stderr: expect.stringContaining('EIO') })
    expect(readdirSync(mounted)).toEqual([])
  })

  test.skipIf(process.getuid?.() !== 0)('root gives all of it to whoever has the folder around it', async () => {
    execFileSync('chown', ['1234:1234', dirname(target)])
    await restoreTo(target, backup)
    for (const path of ['', 'state.db', 'frames', 'frames/kept.db']) expect(statSync(join(target, path)).uid).toBe(1234)
    expect(existsSync(join(target, 'state.db-wal'))).toBe(false)
  })
})

afterAll(() => expect(readdirSync(join(whole, '..')).sort()).toEqual(['.lock', whole.split('/').at(-1)]))
