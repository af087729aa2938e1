import type { TestFrame } from '../evaluation/gate.ts'
import { ModelsError } from '../models-error.ts'
import type { Region } from '../pixels/polygon.ts'
import { isAmount, isEvaluation, isRecord, isShare, isText, isWhole } from './check-evaluation.ts'
import { type OldManifest, renewed } from './format-1.ts'
import { MANIFEST, type Manifest, TEST_SET } from './manifest.ts'

/** Judges the JSON of a model's files: it may come from anywhere. */

const MOST_STATES = 64
const MOST_CORNERS = 1000
/** Names as everybody's are, for ids stand in logs and in addresses. */
const ID = /^[a-z0-9][a-z0-9-]{0,31}\/[a-z0-9][a-z0-9-]{0,31}@[1-9]\d{0,14}$/
const ENGINE = /^[\w.-]{1,64}$/

/** @throws ModelsError `bad_model` */
export function check(ok: boolean, what: string): asserts ok {
  if (!ok) throw new ModelsError('bad_model', 'caller', what)
}

/** The object or list that a file holds. */
export function parsed(bytes: Uint8Array, name: string): object {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    check(false, `${name} is no JSON`)
  }
  check(typeof value === 'object' && value !== null, `${name} holds neither an object nor a list`)
  return value
}

/** The manifest, with all that a manifest of an older format lacks. */
export function manifestIn(bytes: Uint8Array): Omit<Manifest, 'format'> & { format: 1 | 2 } {
  const raw = parsed(bytes, MANIFEST) as { format?: unknown }
  const { format } = raw
  check(format === 1 || format === 2, `its format is ${format}, and this version reads 1 and 2`)
  const manifest = format === 1 ? renewed(raw as OldManifest) : (raw as Omit<Manifest, 'format'>)
  const { states, novelty, labels, region, files } = manifest
  const is = (ok: boolean, field: string) => check(ok, `\`${field}\` of ${MANIFEST} is not what it should be`)
  is(isText(manifest.id) && ID.test(manifest.id), 'id')
  is(isText(manifest.backbone), 'backbone')
  is(isText(manifest.engine) && ENGINE.test(manifest.engine), 'engine')
  is(isWhole(manifest.createdAtMs) && manifest.createdAtMs <= 8.64e15, 'createdAtMs')
  is(Number.isFinite(manifest.seed), 'seed')
  is(isRecord(labels) && isText(labels.digest) && isWhole(labels.frames), 'labels')
  is(isRecord(labels.perState) && Object.values(labels.perState).every(isWhole), 'labels.perState')
  is(region === null || isRegion(region), 'region')
  is(Array.isArray(states) && states.length <= MOST_STATES && states.every(isText), 'states')
  check(states.length >= 2, `${MANIFEST} names ${states.length} states, and a model tells at least two apart`)
  is(new Set(states).size === states.length, 'states')
  is(isRecord(novelty) && isWhole(novelty.channels) && isAmount(novelty.threshold), 'novelty')
  is(manifest.evaluation === null || isEvaluation(manifest.evaluation, states), 'evaluation')
  is(isText(manifest.verdict), 'verdict')
  is(manifest.parent === null || (isText(manifest.parent) && ID.test(manifest.parent)), 'parent')
  is(isRecord(files) && Object.values(files).every(isText), 'files')
  return {
    ...known(manifest),
    format,
  }
}

/** Nothing that nobody knows what it is gets any further. */
function known(manifest: Omit<Manifest, 'format'>): Omit<Manifest, 'format'> {
  const { id, backbone, engine, createdAtMs, seed, labels, region, evaluation, verdict, parent } = manifest
  const { states, novelty, files } = manifest
  return {
    ...{ id, backbone, engine, createdAtMs, seed, evaluation, verdict, parent, states, files },
    labels: { digest: labels.digest, frames: labels.frames, perState: labels.perState },
    region: region?.map(({ x, y }) => ({ x, y })) ?? null,
    novelty: { channels: novelty.channels, threshold: novelty.threshold },
  }
}

/** The frozen test set. */
export function testSetIn(bytes: Uint8Array, states: string[]): TestFrame[] {
  const list = parsed(bytes, TEST_SET)
  check(Array.isArray(list), `${TEST_SET} holds no list`)
  return list.map((one, i) => {
    const { frame, truth, said, confidence } = (one ?? {}) as TestFrame
    const ok = isText(frame) && states.includes(truth) && states.includes(said) && isShare(confidence)
    check(ok, `entry ${i} of ${TEST_SET} is no frame that was judged`)
    return { frame, truth, said, confidence }
  })
}

function isRegion(region: Region): boolean {
  if (!Array.isArray(region) || region.length < 3 || region.length > MOST_CORNERS) return false
  return region.every((corner) => isRecord(corner) && isShare(corner.x) && isShare(corner.y))
}
