import { CELLS } from '../backbone/backbones.ts'
import { featureLengthOf } from '../backbone/graph.ts'
import type { TestFrame } from '../evaluation/gate.ts'
import type { Head } from '../head/head.ts'
import { ModelsError } from '../models-error.ts'
import { check, manifestIn, parsed, testSetIn } from './checks.ts'
import { layersModel, MANIFEST, type Manifest, NOVELTY, sha256, TEST_SET, TOPOLOGY, WEIGHTS } from './manifest.ts'
import type { Model } from './model.ts'

/** The files of a model, by their names; those of the same model are the same to the last byte. */
export function filesOf(model: Model): Map<string, Uint8Array> {
  const { head, testSet, ...rest } = model
  const files = new Map([
    [TOPOLOGY, json(layersModel(head))],
    [WEIGHTS, bytesOf(head.weights, head.bias)],
    [NOVELTY, bytesOf(head.novelty.prototypes)],
    [TEST_SET, json(testSet)],
  ])
  const manifest: Manifest = {
    format: 2,
    ...rest,
    states: head.states,
    novelty: { channels: head.novelty.channels, threshold: head.novelty.threshold },
    files: Object.fromEntries([...files].map(([name, bytes]) => [name, sha256(bytes)])),
  }
  return files.set(MANIFEST, json(manifest))
}

/**
 * The model that files hold. Every byte of them is checked, and that they fit each other and the backbone: what is
 * returned can be asked about frames.
 * @throws ModelsError `bad_model`: says what is wrong with which file
 */
export async function modelOf(files: ReadonlyMap<string, Uint8Array>): Promise<Model> {
  const { format, states, novelty, files: sums, ...rest } = manifestIn(bytesIn(files, MANIFEST))
  const read = (name: string) => {
    const bytes = bytesIn(files, name)
    check(sha256(bytes) === sums[name], `${name} does not have the sha256 of its manifest`)
    return bytes
  }
  const testSet: TestFrame[] = format === 1 ? [] : testSetIn(read(TEST_SET), states)
  const features = await featuresOf(rest.backbone)
  const weights = floats(read(WEIGHTS), WEIGHTS)
  const prototypes = floats(read(NOVELTY), NOVELTY)
  const head: Head = {
    states,
    weights: weights.subarray(0, features * states.length),
    bias: weights.subarray(features * states.length),
    novelty: { ...novelty, prototypes },
  }
  const [values, expected] = [weights.length, (features + 1) * states.length]
  check(
    values === expected,
    `${WEIGHTS} has ${values} values, and ${states.length} states of ${rest.backbone} need ${expected}`,
  )
  const channels = features / CELLS ** 2
  check(novelty.channels === channels, `its novelty check has ${novelty.channels} channels instead of ${channels}`)
  check(
    prototypes.length > 0 && prototypes.length % channels === 0,
    `${NOVELTY} has ${prototypes.length} values, and frames of ${channels} each do not make that`,
  )
  const topology = parsed(read(TOPOLOGY), TOPOLOGY)
  check(
    JSON.stringify(shapesIn(topology)) === JSON.stringify(shapesIn(layersModel(head))),
    `${TOPOLOGY} describes other weights than ${WEIGHTS} holds`,
  )
  return { ...rest, head, testSet }
}

function bytesIn(files: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const bytes = files.get(name)
  check(bytes !== undefined, `${name} is missing`)
  return bytes
}

/** Copied, so that the values stand at an offset that Float32Array takes. */
function floats(bytes: Uint8Array, name: string): Float32Array {
  check(bytes.byteLength % 4 === 0, `${name} holds no whole float32 values`)
  const values = new Float32Array(Uint8Array.from(bytes).buffer)
  check(
    values.every((value) => Number.isFinite(value)),
    `${name} holds a value that is no finite number`,
  )
  return values
}

async function featuresOf(backbone: string): Promise<number> {
  return featureLengthOf(backbone).catch((error) => {
    if (!(error instanceof ModelsError)) throw error
    throw new ModelsError('bad_model', 'caller', error.message, { cause: error })
  })
}

/** What its weights are said to be. */
function shapesIn(topology: object): unknown {
  const groups = 'weightsManifest' in topology ? topology.weightsManifest : null
  if (!Array.isArray(groups)) return null
  return groups.map((group) => ({ paths: group?.paths, weights: group?.weights }))
}

function json(value: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)
}

function bytesOf(...arrays: Float32Array[]): Uint8Array {
  return Buffer.concat(arrays.map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)))
}
