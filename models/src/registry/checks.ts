import type { Evaluation } from '../evaluation/evaluate.ts'
import type { TestFrame } from '../evaluation/gate.ts'
import { ModelsError } from '../models-error.ts'
import type { Region } from '../pixels/polygon.ts'
import type { VectorDetails } from '../vector/head.ts'
import { VECTOR, type VectorView, viewFlaw } from '../vector/view.ts'
import { isAmount, isEvaluation, isRecord, isShare, isText, isWhole } from './check-evaluation.ts'
import { type OldManifest, renewed } from './format-1.ts'
import { type EstimatorShape, MANIFEST, type Manifest, TEST_SET } from './manifest.ts'

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
export function manifestIn(bytes: Uint8Array): Omit<Manifest, 'format'> & { format: 1 | 2 | 3 } {
  const raw = parsed(bytes, MANIFEST) as { format?: unknown }
  const { format } = raw
  check(format === 1 || format === 2 || format === 3, `its format is ${format}, and this version reads 1, 2 and 3`)
  const manifest = format === 1 ? renewed(raw as OldManifest) : withShares(raw as Omit<Manifest, 'format'>)
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
  check(
    (manifest.backbone === VECTOR) === (format === 3),
    `a manifest of format ${format} is not of ${manifest.backbone}`,
  )
  if (format === 3) {
    const flaw = isRecord(manifest.view) ? viewFlaw(manifest.view as VectorView) : 'there is none'
    check(flaw === null, `\`view\` of ${MANIFEST} is not what it should be: ${flaw}`)
    is(isListOfEstimators(manifest.estimators), 'estimators')
  }
  is(isRecord(files) && Object.values(files).every(isText), 'files')
  const { view, estimators } = manifest
  const ofVectors =
    view && estimators && format === 3 ? { view: viewOf(view), estimators: estimators.map(shapeOf) } : {}
  return { ...known(manifest), ...ofVectors, format }
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

/** Evaluations of before they told them. */
function withShares({ evaluation, ...rest }: Omit<Manifest, 'format'>): Omit<Manifest, 'format'> {
  if (!isRecord(evaluation)) return { ...rest, evaluation }
  return { ...rest, evaluation: { ...{ accuracy: null, majority: null }, ...(evaluation as Evaluation) } }
}

function viewOf({ parts, window }: VectorView): VectorView {
  return { parts: parts.map(({ name, length, kind }) => ({ name, length, kind })), window }
}

function shapeOf({ name, layers }: EstimatorShape): EstimatorShape {
  return { name, layers: [...layers] }
}

const MOST_LAYERS = 8
const MOST_UNITS = 4096

function isListOfEstimators(list: unknown): boolean {
  const isUnits = (units: unknown) => isWhole(units) && units > 0 && units <= MOST_UNITS
  return (
    Array.isArray(list) &&
    list.every(
      (one) =>
        isRecord(one) &&
        isText(one.name) &&
        Array.isArray(one.layers) &&
        one.layers.length > 0 &&
        one.layers.length <= MOST_LAYERS &&
        one.layers.every(isUnits),
    )
  )
}

/** The frozen test set. */
export function testSetIn(bytes: Uint8Array, states: string[]): TestFrame[] {
  const list = parsed(bytes, TEST_SET)
  check(Array.isArray(list), `${TEST_SET} holds no list`)
  return list.map((one, i) => {
    const { frame, truth, said, confidence } = (one ?? {}) as TestFrame
    const ok = isText(frame) && states.includes(truth) && states.includes(said) && isShare(confidence)
    check(ok, `entry ${i} of ${TEST_SET} is no frame that was judged`)
    const { details } = (one ?? {}) as TestFrame
    const judged = { frame, truth, said, confidence }
    return details && areDetails(details) ? { ...judged, details } : judged
  })
}

/** What is no such thing is left out: it is only looked at. */
function areDetails({ expected, interval, estimators }: VectorDetails): boolean {
  const isNumber = (value: unknown) => value === null || Number.isFinite(value)
  return (
    isNumber(expected) &&
    (interval === null || (isRecord(interval) && Number.isFinite(interval.low) && Number.isFinite(interval.high))) &&
    isRecord(estimators) &&
    Object.values(estimators).every(
      (one) =>
        isRecord(one) &&
        isText(one.state) &&
        isShare(one.confidence) &&
        Array.isArray(one.probabilities) &&
        one.probabilities.every(isShare),
    )
  )
}

function isRegion(region: Region): boolean {
  if (!Array.isArray(region) || region.length < 3 || region.length > MOST_CORNERS) return false
  return region.every((corner) => isRecord(corner) && isShare(corner.x) && isShare(corner.y))
}
