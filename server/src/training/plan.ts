import { isDeepStrictEqual } from 'node:util'
import { AUGMENTATIONS, type BackboneId, type Model, summariseLabels } from '@ajar/models'
import type { Source } from '../devices/sources.ts'
import { recipeFor } from './embeddings.ts'
import { freshOf, unlabelledOf } from './frames-to-judge.ts'
import type { Label } from './labels/labels.ts'
import type { Rival } from './rival.ts'
import type { LabelledFrame } from './trainer-messages.ts'

/** All that a training begins with: what it learns from, how it sees that, and what it is compared with. */
export interface Plan {
  camera: Source
  labels: Label[]
  seed: number
  augmentations: number
  recipe: string
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
  const learned = labels.filter(({ state }) => camera.states.includes(state))
  const seed = typeof params.seed === 'number' ? params.seed : 1
  const augmentations = typeof params.augmentations === 'number' ? params.augmentations : AUGMENTATIONS
  const recipe = recipeFor(backbone, camera, augmentations, seed)
  const rival = active && sameStates(active, camera) ? rivalOf(active, camera, marked, backbone) : null
  return {
    ...{ camera, labels: learned, seed, augmentations, recipe, active, rival },
    frames: framesOf(camera, learned, rival && active, rival),
    inputs: JSON.stringify([recipe, seed, camera.states, digestOf(learned)]),
  }
}

/** Models of other states cannot be compared, for each is wrong about what the other one knows. */
export function sameStates({ head }: Model, { states }: Source): boolean {
  return isDeepStrictEqual(head.states.toSorted(), states.toSorted())
}

/** What it said of its test set counts always; it can be asked only where it sees frames as the candidate does. */
function rivalOf(active: Model, camera: Source, marked: ReadonlySet<string>, backbone: BackboneId): Rival {
  const seesTheSame = isDeepStrictEqual([active.backbone, active.region], [backbone, camera.region])
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
