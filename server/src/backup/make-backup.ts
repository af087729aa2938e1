import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FrameReader } from '../database/frames/frame-reader.ts'
import { freeName, newestBackup, placeAside, takeBackups } from './backup-folder.ts'
import { copyFrames, type PlannedFrames, planFrames } from './copy-frames.ts'
import { copyModel } from './copy-models.ts'
import { copyState, readNamed, refuseRenamed, STATE, stateBytes } from './copy-state.ts'
import { digestOf, syncPath, syncTree, writeDurably } from './durable-files.ts'
import { BeforeState, type FramesSource, keptSources, otherSources } from './frames-to-copy.ts'
import { type BackupFile, bytesOf, FORMAT, MANIFEST, type Manifest } from './manifest.ts'
import { Pace } from './pace.ts'
import { Room } from './room.ts'
import { UnchangedFiles } from './unchanged-files.ts'

export interface BackupOrder {
  dataDir: string
  /** Where backups lie: this one becomes a folder in there. */
  folder: string
  kind: Manifest['kind']
  /** Also frames that nothing keeps. */
  allFrames: boolean
  /** What stays free on the disk of the backups. */
  leastFreeBytes: number
  /** Version of the server. */
  release: string
  /** Whether somebody else may need the disk meanwhile. */
  rests: boolean
}

export interface MadeBackup {
  name: string
  /** Of all its files, and what of that was not in the backup before. */
  bytes: number
  newBytes: number
  counts: Manifest['counts']
}

/** Told how far it is. @param fraction 0..1 */
export type OnProgress = (phase: string, fraction: number) => Promise<void>

/** Copying state.db, and what is planned and looked at again, take about as much of the whole. */
const STATE_SHARE = 0.1

/**
 * Makes a backup of a data folder, beside a server that runs or without one. State first, then the frames and models that
 * it names, so that all agree: what was removed in between is left out. It has its name only when all is on the disk.
 * @throws BackupError; an error of SQLite or the disk
 */
export async function makeBackup(order: BackupOrder, onProgress: OnProgress): Promise<MadeBackup> {
  const { dataDir, folder, leastFreeBytes } = order
  const needed = await stateBytes(dataDir)
  const giveBack = await takeBackups(folder)
  const startedAt = Date.now()
  const name = freeName(folder, startedAt)
  const aside = placeAside(folder, name)
  const reader = new FrameReader(join(dataDir, 'frames'))
  const before = new BeforeState(reader)
  try {
    const room = new Room(folder, leastFreeBytes)
    await room.require(needed)
    await mkdir(aside, { mode: 0o700 })
    for (const part of ['kept', 'frames', 'models']) await mkdir(join(aside, part), { mode: 0o700 })
    await onProgress('state', 0)
    before.look()
    await copyState(dataDir, aside)
    before.copied(aside)
    const made = await copyRest(order, { aside, reader, before, room, onProgress })
    refuseRenamed(dataDir, aside)
    const manifest: Manifest = {
      ...{ format: FORMAT, name, kind: order.kind, startedAt: new Date(startedAt).toISOString() },
      ...{ madeAt: new Date().toISOString(), release: order.release, allFrames: order.allFrames },
      ...{ counts: made.counts, files: made.files },
    }
    await writeDurably(join(aside, MANIFEST), `${JSON.stringify(manifest, null, 1)}\n`)
    await syncTree(aside)
    await rename(aside, join(folder, name))
    await syncPath(folder)
    return { name, bytes: bytesOf(manifest), newBytes: made.newBytes, counts: made.counts }
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    throw error
  } finally {
    before.close()
    reader.close()
    giveBack()
  }
}

interface Making {
  aside: string
  reader: FrameReader
  before: BeforeState
  room: Room
  onProgress: OnProgress
}

/** Frames and models that the copied state.db names. */
async function copyRest({ dataDir, folder, allFrames, rests }: BackupOrder, making: Making) {
  const { aside, reader, before, room, onProgress } = making
  const pace = new Pace(rests)
  const unchanged = new UnchangedFiles(await newestBackup(folder, Date.now()), aside, pace)
  const { kept, models } = await readNamed(aside)
  const plan = async (sources: FramesSource[]) => {
    const planned: (PlannedFrames | null)[] = []
    for (const source of sources) planned.push(await planFrames(source, unchanged))
    return planned.filter((one) => one !== null)
  }
  const sources = [
    ...keptSources(kept, reader, before, pace),
    ...(allFrames ? otherSources(kept, reader, before, pace) : []),
  ]
  const toWrite = (planned: PlannedFrames[]) => planned.reduce((sum, one) => sum + (one.before ? 0 : one.bytes), 0)
  const planned = await plan(sources)
  await room.require(toWrite(planned))
  const state = { path: STATE, ...(await digestOf(join(aside, STATE), pace)), checkedAt: new Date().toISOString() }
  const files = new Map<string, BackupFile>([[STATE, state]])
  let written = 0
  // Where nothing is new, something may be written all the same: what was to be shared is spoilt.
  const share = () => Math.min(written / Math.max(toWrite(planned), written, 1), 1)
  const copy = async (one: PlannedFrames) => {
    const file = await copyFrames(one, { reader, unchanged, aside, room, pace }, async (bytes) => {
      written += bytes
      await onProgress('frames', STATE_SHARE + (1 - 2 * STATE_SHARE) * share())
    })
    if (file) files.set(file.path, file)
  }
  for (const one of planned) await copy(one)
  let modelsGone = 0
  for (const id of models) {
    const copied = await copyModel(id, { dataDir, unchanged, aside, room, pace })
    if (copied) for (const file of copied) files.set(file.path, file)
    else modelsGone += 1
  }
  // What was purged meanwhile must not live on here: what such a file holds now is another content.
  await onProgress('check', 1 - STATE_SHARE)
  for (const { path } of sources) {
    const [again] = await plan(sources.filter((source) => source.path === path))
    if (files.get(path)?.content === again?.content) continue
    await rm(join(aside, path), { force: true })
    files.delete(path)
    if (again) await copy(again)
  }
  const framesIn = (part: string) =>
    [...files.values()].reduce((sum, { path, frames = 0 }) => sum + (path.startsWith(part) ? frames : 0), 0)
  const counts = {
    ...{ kept: framesIn('kept/'), others: framesIn('frames/'), gone: kept.length - framesIn('kept/') },
    ...{ models: models.length - modelsGone, modelsGone },
  }
  const all = [...files.values()]
  return { files: all, counts, newBytes: bytesOf({ files: all }) - unchanged.sharedBytes }
}
