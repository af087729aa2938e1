import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelsError } from '../models-error.ts'
import { modelOf } from './files.ts'
import { MANIFEST, MODEL_FILES } from './manifest.ts'
import type { Model } from './model.ts'

/**
 * Loads a saved model and checks every byte of it.
 * @throws ModelsError `model_missing` (no such folder, the caller's) | `model_damaged` (the disk's).
 */
export async function loadModel(folder: string): Promise<Model> {
  try {
    return await modelOf(await readModelFiles(folder))
  } catch (error) {
    if (!(error instanceof ModelsError) || error.code !== 'bad_model') throw error
    const text = `the model in ${folder} is damaged (${error.message}); train it again`
    throw new ModelsError('model_damaged', 'environment', text, { cause: error })
  }
}

/** The files of a saved model as they are, by their names. @throws ModelsError `model_missing` */
export async function readModelFiles(folder: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  for (const name of MODEL_FILES) {
    const bytes = await readFile(join(folder, name)).catch((error) => {
      if (isAbsent(error)) return null
      throw error
    })
    if (bytes) files.set(name, bytes)
  }
  if (files.has(MANIFEST)) return files
  throw new ModelsError('model_missing', 'caller', `${folder} holds no model: it has no ${MANIFEST}`)
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
