import { isDeepStrictEqual } from 'node:util'
import { AUGMENTATIONS, type BackboneId, type Model, summariseLabels, VECTOR } from '@ajar/models'
import type { Source } from '../devices/sources.ts'
import { HttpError } from '../http/errors.ts'
import { recipeFor } from './embeddings.ts'
import { freshOf, unlabelledOf } from './frames-to-judge.ts'
import type { Label } from './labels/labels.ts'
import type { Rival } from './rival.ts'
import type { EmbedTask, LabelledFrame, ReadingsTask } from './trainer-messages.ts'

/** All that a training begins with: what it learns from, how it sees that, and what it is compared with. */
export interface Plan {
  camera: Source
  labels: Label[]
  seed: number
  augmentations: number
  /** By which features of frames are kept; those of readings are not. */
  recipe: string
  backbone: BackboneId
  /** Labelled readings that are not learned from, for there are too many. */
  left: number
  /** The active model, whatever it knows. */
  active: Model | null
  rival: Rival | null
  frames: Omit<LabelledFrame, 'known'>[]
  /** Names everything that the head depends on: the same inputs give the same head. */
  inputs: string
}

/** @param marked frames that teach nothing and judge nothing: they are in nobody's test set any more */
export function planOf(
  camera: Source,
  { labels, marked, active }: { labels: Label[]; marked: ReadonlySet<string>; active: Model | null },
  params: Record<string, unknown>,
  backbone: BackboneId,
): Plan {
  const all = labels.filter(({ state }) => camera.states.includes(state))
  const learned = camera.kind === 'sensor' ? thinned(all, camera.states.length) : all
  const seed = typeof params.seed === 'number' ? params.seed : 1
  const isSensor = camera.kind === 'sensor'
  const usual = isSensor ? 0 : AUGMENTATIONS
  const augmentations = !isSensor && typeof params.augmentations === 'number' ? params.augmentations : usual
  const recipe = isSensor ? JSON.stringify([VECTOR, camera.vector]) : recipeFor(backbone, camera, augmentations, seed)
  const rival = active && sameStates(active, camera) ? rivalOf(active, camera, marked, backbone) : null
  return {
    ...{ camera, labels: learned, seed, augmentations, recipe, active, rival },
    left: all.length - learned.length,
    backbone: isSensor ? VECTOR : backbone,
    frames: framesOf(camera, learned, rival && active, rival),
    inputs: JSON.stringify([recipe, seed, camera.states, digestOf(learned)]),
  }
}

/** More readings teach nothing more, and take minutes. */
const MOST_READINGS = 20_000

/** At most so many of each state that all together are not too many: evenly over the time. */
function thinned(labels: Label[], states: number): Label[] {
  if (labels.length <= MOST_READINGS) return labels
  const most = Math.floor(MOST_READINGS / states)
  const kept = new Set<Label>()
  for (const group of Map.groupBy(labels, ({ state }) => state).values()) {
    const count = Math.min(most, group.length)
    for (let i = 0; i < count; i++) kept.add(group[Math.floor((i * group.length) / count)] as Label)
  }
  return labels.filter((label) => kept.has(label))
}

/** How the labelled frames or readings are to be seen. @throws HttpError 409 `no_readings` */
export function lookOf(
  { camera, backbone, augmentations, seed, frames }: Plan,
  { framesFolder, engine }: Pick<EmbedTask, 'framesFolder' | 'engine'>,
): EmbedTask | ReadingsTask {
  const { kind, vector: view, region, masks } = camera
  const count = frames.length
  if (kind !== 'sensor') return { framesFolder, engine, backbone, augmentations, seed, region, masks, count }
  if (!view)
    throw new HttpError(409, 'no_readings', `${camera.id} has had no reading yet: nobody knows how long they are`)
  return { framesFolder, view, count }
}

/** Models of other states cannot be compared, for each is wrong about what the other one knows. */
export function sameStates({ head }: Model, { states }: Source): boolean {
  return isDeepStrictEqual(head.states.toSorted(), states.toSorted())
}

/** What it said of its test set counts always; it can be asked only where it sees frames as the candidate does. */
function rivalOf(active: Model, camera: Source, marked: ReadonlySet<string>, backbone: BackboneId): Rival {
  const seesTheSame =
    camera.kind === 'sensor'
      ? isDeepStrictEqual(active.view, camera.vector)
      : isDeepStrictEqual([active.backbone, active.region], [backbone, camera.region])
  return {
    testSet: active.testSet.filter(({ frame }) => !marked.has(frame)),
    head: seesTheSame ? active.head : null,
  }
}

/** The labelled frames, and those by which the active model was judged. */
function framesOf(
  camera: Source,
  labels: Label[],
  active: Model | null,
  rival: Rival | null,
): Omit<LabelledFrame, 'known'>[] {
  const fresh = active ? freshOf(labels, active) : new Set<string>()
  const labelled = labels.map(({ labelledAt: _, ...label }) => ({
    ...label,
    borrowed: label.camera !== camera.id,
    fresh: fresh.has(frameOf(label)),
    judgeOnly: false,
  }))
  const others = unlabelledOf(rival?.testSet ?? [], labels).map((frame) => ({
    ...frame,
    borrowed: frame.camera !== camera.id,
    ...{ fresh: false, judgeOnly: true },
  }))
  return [...labelled, ...others]
}

function digestOf(labels: Label[]): string {
  return summariseLabels(labels.map((label) => ({ frame: frameOf(label), state: label.state }))).digest
}

export function frameOf({ camera, capturedAt }: { camera: string; capturedAt: number }): string {
  return `${camera}/${capturedAt}`
}
