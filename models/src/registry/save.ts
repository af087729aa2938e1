import { mkdir, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ModelsError } from '../models-error.ts'
import { filesOf } from './files.ts'
import type { Model } from './model.ts'

/**
 * Saves a model as a new folder. Everything is written and synced beside it first and then renamed, so the folder is
 * either whole or not there, whenever the power goes.
 * @throws ModelsError `model_exists`: a saved model is never written over.
 */
export async function saveModel(folder: string, model: Model): Promise<void> {
  const files = filesOf(model)
  const parent = dirname(folder)
  await mkdir(parent, { recursive: true })
  const temporary = await mkdtemp(join(parent, `.${basename(folder)}-`))
  try {
    for (const [name, bytes] of files) await writeSynced(join(temporary, name), bytes)
    await sync(temporary)
    await rename(temporary, folder)
    await sync(parent)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    if (isCode(error, 'ENOTEMPTY') || isCode(error, 'EEXIST')) {
      throw new ModelsError('model_exists', 'caller', `${folder} holds a model already; save under a new version`)
    }
    throw error
  }
}

/** Removes what the end of a process in the middle of `saveModel` left in the folder that models lie side by side in. */
export async function clearUnfinished(parent: string): Promise<void> {
  for (const name of await readdir(parent))
    if (name.startsWith('.')) await rm(join(parent, name), { recursive: true, force: true })
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A folder's own entries, too, are only on disk after fsync. */
async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
