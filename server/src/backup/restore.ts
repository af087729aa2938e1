import { existsSync, statSync } from 'node:fs'
import { mkdir, realpath, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { BackupError } from './backup-error.ts'
import { checkFile, checkPlace, copyChecked } from './check-files.ts'
import { STATE } from './copy-state.ts'
import { giveTo, type Owner } from './data-folder-owner.ts'
import { type BackupFile, bytesOf, type Manifest, readManifest } from './manifest.ts'
import { Pace } from './pace.ts'
import { RestoredFrames, refuseStrange } from './restore-frames.ts'
import { RestorePlace } from './restore-place.ts'
import { Room } from './room.ts'

export interface RestoreOrder {
  /** The folder of one backup. */
  backup: string
  /** Made where it is missing; what is there has to be empty. */
  dataDir: string
  /** Whose it is to be, where root restores; null: of whoever has the folder, or the one around it. */
  owner: Owner | null
  leastFreeBytes: number
}

/** Nobody waits for the disk meanwhile. */
const AT_ONCE = new Pace(false)

/**
 * Makes a data folder of a backup. Every digest is compared before anything is written, while it is copied, and again as it
 * lies there; the folder has its name only when all is on the disk.
 * @throws BackupError `not_a_backup`, `damaged`, `not_empty`, `no_room`; an error of the disk
 */
export async function restore(
  order: RestoreOrder,
  onProgress: (phase: string, fraction: number) => void,
): Promise<Manifest> {
  const backup = await realpath(order.backup).catch(() => {
    throw new BackupError('not_a_backup', `there is no ${order.backup}`)
  })
  const dataDir = resolve(order.dataDir)
  const manifest = await readManifest(backup).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof BackupError) throw error
    throw new BackupError('not_a_backup', `${backup} is no whole backup: it has no manifest.json that can be read`)
  })
  const place = new RestorePlace(dataDir)
  await place.refuseFull()
  const owner = ownerFor(order, dataDir)
  // Before they are read: a file with holes takes no room and is read for days.
  for (const file of manifest.files) await checkPlace(backup, file)
  await new Room(nearest(dataDir), order.leastFreeBytes).require(bytesOf(manifest))
  await readAll(
    manifest,
    (file) => checkFile(backup, file, AT_ONCE),
    (fraction) => onProgress('check', fraction),
  )
  const { aside } = place
  const giveBack = await place.take()
  try {
    // Frames lie there twice for a while.
    await new Room(aside, order.leastFreeBytes).require(bytesOf(manifest) + largestKept(manifest))
    await copyAll(backup, manifest, aside, (fraction) => onProgress('copy', fraction))
    await place.refuseFull() // somebody may have come first
    if (owner) giveTo(owner, aside)
    await place.fill()
  } catch (error) {
    await place.empty()
    throw error
  } finally {
    giveBack()
  }
  return manifest
}

async function copyAll(backup: string, manifest: Manifest, aside: string, onFraction: (fraction: number) => void) {
  const framesFolder = join(aside, 'frames')
  await mkdir(framesFolder, { mode: 0o700 })
  const frames = new RestoredFrames(framesFolder)
  try {
    // Files that are frames files already go first: what waits for the pipeline joins one of them.
    const files = [...manifest.files].sort((a, b) => Number(isKept(a)) - Number(isKept(b)))
    await readAll(
      { ...manifest, files },
      async (file) => {
        const place = isKept(file) ? join(aside, 'kept.part') : join(aside, file.path)
        await mkdir(dirname(place), { recursive: true, mode: 0o700 })
        await copyChecked(backup, file, place, AT_ONCE)
        if (file.path !== STATE && file.frames !== undefined) refuseStrange(place)
        if (!isKept(file)) return
        frames.takeOver(place)
        await rm(place)
      },
      onFraction,
    )
  } finally {
    await frames.close()
  }
}

async function readAll(
  manifest: Manifest,
  take: (file: BackupFile) => Promise<void>,
  onFraction: (fraction: number) => void,
) {
  const all = bytesOf(manifest)
  let done = 0
  for (const file of manifest.files) {
    await take(file)
    done += file.bytes
    onFraction(done / all)
  }
}

function isKept({ path }: BackupFile): boolean {
  return path.startsWith('kept/')
}

function largestKept({ files }: Manifest): number {
  return Math.max(0, ...files.filter(isKept).map(({ bytes }) => bytes))
}

/** Null where whoever restores has it anyway. */
function ownerFor({ owner }: RestoreOrder, dataDir: string): Owner | null {
  if (process.getuid?.() !== 0) return null
  if (owner) return owner
  const { uid, gid } = statSync(existsSync(dataDir) ? dataDir : dirname(dataDir))
  return { uid, gid }
}

/** The folder, or what is there of those around it. */
function nearest(folder: string): string {
  return existsSync(folder) ? folder : nearest(dirname(folder))
}
