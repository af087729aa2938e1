import { realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BackupError } from './backup-error.ts'
import { copyFile, type Digested, digestOf, openFile } from './durable-files.ts'
import type { BackupFile } from './manifest.ts'
import type { Pace } from './pace.ts'

/** What is seen without reading it: it is there, no link leads away, and its size. @throws BackupError `damaged` */
export async function checkPlace(folder: string, file: BackupFile): Promise<void> {
  await insideOf(folder, file)
}

/** @param folder a backup, by its real path @throws BackupError `damaged` where one of its files is not as it was written */
export async function checkFile(folder: string, file: BackupFile, pace: Pace): Promise<void> {
  const path = await insideOf(folder, file)
  compare(path, file, await digestOf(path, pace))
}

/**
 * Copies a file out of a backup to where there is none. What is read is compared, and what was written is read again.
 * @throws BackupError `damaged`
 */
export async function copyChecked(folder: string, file: BackupFile, place: string, pace: Pace): Promise<void> {
  const path = await insideOf(folder, file)
  compare(path, file, await copyFile(path, place, file.bytes, pace))
  compare(place, file, await digestOf(place, pace))
}

/** A folder within may be a link that leads elsewhere; its size is known before it is read. */
async function insideOf(folder: string, { path, bytes }: BackupFile): Promise<string> {
  const place = join(folder, path)
  const found = await realpath(dirname(place)).catch(() => null)
  if (found !== dirname(place))
    throw damaged(place, found === null ? 'it is missing' : 'a link leads out of the backup')
  const file = await openFile(place).catch(({ code }: NodeJS.ErrnoException) => {
    throw damaged(
      place,
      code === 'ENOENT' ? 'it is missing' : `it is no file that can be read (${code ?? 'another kind'})`,
    )
  })
  try {
    const { size } = await file.stat()
    if (size !== bytes) throw damaged(place, `it has ${size} bytes instead of ${bytes}`)
  } finally {
    await file.close()
  }
  return place
}

function compare(path: string, { bytes, sha256 }: BackupFile, found: Digested) {
  if (found.bytes !== bytes || found.sha256 !== sha256) throw damaged(path, 'its sha256 is another one')
}

function damaged(path: string, why: string): BackupError {
  const message = `${path} is not as it was written: ${why}; restore another backup, or a whole copy of this one`
  return new BackupError('damaged', message)
}
