import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { copyFile, digestOf } from './durable-files.ts'
import type { BackupFile } from './manifest.ts'
import type { Pace } from './pace.ts'
import type { Room } from './room.ts'
import type { UnchangedFiles } from './unchanged-files.ts'

export interface CopyModelsPorts {
  dataDir: string
  unchanged: UnchangedFiles
  aside: string
  room: Room
  pace: Pace
}

/** Where the files of a model lie, within the data folder and within a backup. */
function placeOf(modelId: string): string {
  const [camera = '', version = ''] = modelId.split('@')
  return `models/${camera}/${version}`
}

/** Copies the files of a model, which never change. @returns null where they are gone */
export async function copyModel(modelId: string, ports: CopyModelsPorts): Promise<BackupFile[] | null> {
  const { dataDir, aside } = ports
  const place = placeOf(modelId)
  const names = await namesIn(join(dataDir, place))
  if (names.length === 0) return null
  await mkdir(join(aside, place), { recursive: true, mode: 0o700 })
  const files: BackupFile[] = []
  for (const name of names) files.push(await copyOne(`${place}/${name}`, ports))
  return files
}

async function copyOne(path: string, { dataDir, aside, unchanged, room, pace }: CopyModelsPorts): Promise<BackupFile> {
  const source = join(dataDir, path)
  const before = unchanged.find(path, { sha256: (await digestOf(source, pace)).sha256 })
  const taken = before && (await unchanged.take(before))
  if (taken) return taken
  const { size } = await stat(source)
  const copied = await copyFile(source, join(aside, path), size, pace)
  await room.wrote(size)
  return { path, ...copied, checkedAt: new Date().toISOString() }
}

async function namesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}
