import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelsError } from '../models-error.ts'
import { MANIFEST, type Manifest, NOVELTY, sha256, TOPOLOGY, WEIGHTS } from './manifest.ts'
import type { Model } from './model.ts'

/**
 * Loads a saved model and checks every byte of it.
 * @throws ModelsError `model_missing` (no such folder, the caller's) | `model_damaged` (the disk's).
 */
export async function loadModel(folder: string): Promise<Model> {
  const manifest = await readManifest(folder)
  const read = async (name: string) => {
    const bytes = await readFile(join(folder, name)).catch(() => {
      throw damaged(folder, `${name} is missing`)
    })
    if (sha256(bytes) !== manifest.files[name])
      throw damaged(folder, `${name} does not have the sha256 of its manifest`)
    return bytes
  }
  const [weights, prototypes] = [floats(await read(WEIGHTS)), floats(await read(NOVELTY))]
  await read(TOPOLOGY)

  const { format: _format, states, novelty, files: _files, ...rest } = manifest
  const features = weights.length / states.length - 1
  if (states.length < 2 || !Number.isInteger(features) || features < 1) {
    throw damaged(folder, `${weights.length} weights do not fit ${states.length} states`)
  }
  if (prototypes.length % novelty.channels !== 0) {
    throw damaged(folder, `${prototypes.length} values are no prototypes of ${novelty.channels} channels`)
  }
  return {
    ...rest,
    head: {
      states,
      weights: weights.subarray(0, features * states.length),
      bias: weights.subarray(features * states.length),
      novelty: { ...novelty, prototypes },
    },
  }
}

async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => {
    throw new ModelsError('model_missing', 'caller', `${folder} holds no model: it has no ${MANIFEST}`)
  })
  try {
    const manifest = JSON.parse(text) as Manifest
    if (manifest.format !== 1) throw damaged(folder, `its format is ${manifest.format}, and this version reads 1`)
    return manifest
  } catch (error) {
    if (error instanceof ModelsError) throw error
    throw damaged(folder, `${MANIFEST} is no JSON`)
  }
}

/** Copied, so that the values stand at an offset that Float32Array takes. */
function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer)
}

function damaged(folder: string, what: string): ModelsError {
  return new ModelsError('model_damaged', 'environment', `the model in ${folder} is damaged (${what}); train it again`)
}
