import { mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ModelsError } from '../models-error.ts'
import { layersModel, MANIFEST, type Manifest, NOVELTY, sha256, TOPOLOGY, WEIGHTS } from './manifest.ts'
import type { Model } from './model.ts'

/**
 * Saves a model as a new folder. Everything is written and synced beside it first and then renamed, so the folder is
 * either whole or not there, whenever the power goes.
 * @throws ModelsError `model_exists`: a saved model is never written over.
 */
export async function saveModel(folder: string, model: Model): Promise<void> {
  const { head, ...rest } = model
  const files: Record<string, Uint8Array> = {
    [TOPOLOGY]: json(layersModel(head)),
    [WEIGHTS]: bytesOf(head.weights, head.bias),
    [NOVELTY]: bytesOf(head.novelty.prototypes),
  }
  const manifest: Manifest = {
    format: 1,
    ...rest,
    states: head.states,
    novelty: { channels: head.novelty.channels, threshold: head.novelty.threshold },
    files: Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, sha256(bytes)])),
  }
  const parent = dirname(folder)
  await mkdir(parent, { recursive: true })
  const temporary = await mkdtemp(join(parent, `.${basename(folder)}-`))
  try {
    for (const [name, bytes] of Object.entries(files)) await writeSynced(join(temporary, name), bytes)
    await writeSynced(join(temporary, MANIFEST), json(manifest))
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

function json(value: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)
}

function bytesOf(...arrays: Float32Array[]): Uint8Array {
  return Buffer.concat(arrays.map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)))
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
