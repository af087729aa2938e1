import { CELLS } from '../backbone/backbones.ts'
import { featureLengthOf } from '../backbone/graph.ts'
import type { TestFrame } from '../evaluation/gate.ts'
import { type Head, isOfVectors } from '../head/head.ts'
import { ModelsError } from '../models-error.ts'
import type { VectorHead } from '../vector/head.ts'
import { embeddedLength } from '../vector/view.ts'
import { check, manifestIn, parsed, testSetIn } from './checks.ts'
import { layersModel, MANIFEST, type Manifest, NOVELTY, sha256, TEST_SET, TOPOLOGY, WEIGHTS } from './manifest.ts'
import type { Model } from './model.ts'
import { shapesOf, vectorHeadOf, vectorTopology, vectorWeights } from './vector-files.ts'

/** The files of a model, by their names; those of the same model are the same to the last byte. */
export function filesOf(model: Model): Map<string, Uint8Array> {
  const { head, testSet, view: _, ...rest } = model
  const isVectors = isOfVectors(head)
  const files = new Map([
    [TOPOLOGY, json(isVectors ? vectorTopology(head.view, shapesOf(head)) : layersModel(head))],
    [WEIGHTS, bytesOf(...(isVectors ? vectorWeights(head) : [head.weights, head.bias]))],
    [NOVELTY, bytesOf(head.novelty.prototypes)],
    [TEST_SET, json(testSet)],
  ])
  const channels = isVectors ? embeddedLength(head.view) : head.novelty.channels
  const manifest: Manifest = {
    format: isVectors ? 3 : 2,
    ...rest,
    states: head.states,
    ...(isVectors ? { view: head.view, estimators: shapesOf(head) } : {}),
    novelty: { channels, threshold: head.novelty.threshold },
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
  const { format, novelty, files: sums, view, estimators, ...rest } = manifestIn(bytesIn(files, MANIFEST))
  const { states, ...about } = rest
  const read = (name: string) => {
    const bytes = bytesIn(files, name)
    check(sha256(bytes) === sums[name], `${name} does not have the sha256 of its manifest`)
    return bytes
  }
  const testSet: TestFrame[] = format === 1 ? [] : testSetIn(read(TEST_SET), states)
  const weights = floats(read(WEIGHTS), WEIGHTS)
  const prototypes = floats(read(NOVELTY), NOVELTY)
  check(
    novelty.channels > 0 && prototypes.length > 0 && prototypes.length % novelty.channels === 0,
    `${NOVELTY} has ${prototypes.length} values, and frames of ${novelty.channels} each do not make that`,
  )
  const topology = parsed(read(TOPOLOGY), TOPOLOGY)
  if (view && estimators) {
    const { threshold } = novelty
    const head: VectorHead = { ...vectorHeadOf(states, view, estimators, weights), novelty: { prototypes, threshold } }
    checkChannels(novelty.channels, embeddedLength(view))
    checkTopology(topology, vectorTopology(view, estimators))
    return { ...about, view, head, testSet }
  }
  const features = await featuresOf(about.backbone)
  const head: Head = {
    states,
    weights: weights.subarray(0, features * states.length),
    bias: weights.subarray(features * states.length),
    novelty: { ...novelty, prototypes },
  }
  const [values, expected] = [weights.length, (features + 1) * states.length]
  check(
    values === expected,
    `${WEIGHTS} has ${values} values, and ${states.length} states of ${about.backbone} need ${expected}`,
  )
  checkChannels(novelty.channels, features / CELLS ** 2)
  checkTopology(topology, layersModel(head))
  return { ...about, view: null, head, testSet }
}

function checkChannels(said: number, channels: number): void {
  check(said === channels, `its novelty check has ${said} channels instead of ${channels}`)
}

function checkTopology(topology: object, expected: object): void {
  check(
    JSON.stringify(shapesIn(topology)) === JSON.stringify(shapesIn(expected)),
    `${TOPOLOGY} describes other weights than ${WEIGHTS} holds`,
  )
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
