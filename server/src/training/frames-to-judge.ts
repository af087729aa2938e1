import { APART_MS, distanceTo, type Model, type TestFrame } from '@ajar/models'
import { parseFrameId } from '@ajar/protocol'
import type { Label } from './labels/labels.ts'

/** Each costs a pass of the backbone. */
const MOST_UNLABELLED = 500

/**
 * Frames that were labelled since the active model was made and are not near in time to any that was labelled before:
 * it has learned neither them nor their neighbours.
 */
export function freshOf(labels: Label[], active: Pick<Model, 'createdAtMs' | 'testSet'>): Set<string> {
  const before = labels.filter(({ labelledAt }) => labelledAt <= active.createdAtMs).map(({ capturedAt }) => capturedAt)
  const tested = active.testSet.flatMap(({ frame }) => parseFrameId(frame)?.capturedAtMs ?? [])
  const distance = distanceTo([...before, ...tested])
  const since = labels.filter(
    ({ labelledAt, capturedAt }) => labelledAt > active.createdAtMs && distance(capturedAt) >= APART_MS,
  )
  return new Set(since.map(({ camera, capturedAt }) => `${camera}/${capturedAt}`))
}

/** Frames of a test set that nobody says anything of any more: to be judged all the same, with the label they had. */
export function unlabelledOf(
  testSet: TestFrame[],
  labels: Label[],
): { camera: string; capturedAt: number; state: string }[] {
  const labelled = new Set(labels.map(({ camera, capturedAt }) => `${camera}/${capturedAt}`))
  return testSet
    .filter(({ frame }) => !labelled.has(frame))
    .slice(0, MOST_UNLABELLED)
    .flatMap(({ frame, truth }) => {
      const ref = parseFrameId(frame)
      return ref ? [{ camera: `${ref.device}/${ref.camera}`, capturedAt: ref.capturedAtMs, state: truth }] : []
    })
}
