import {
  FEWEST_FRAMES,
  type Gate,
  gate,
  type Head,
  judge,
  type Sample,
  type TestFrame,
  type VectorHead,
} from '@ajar/models'

/** The active model, as far as a candidate can be compared with it. */
export interface Rival {
  /** The frames by which it was judged; none where it is of an older release, or nobody ever knew how good it is. */
  testSet: TestFrame[]
  /** Null where it sees frames otherwise than the candidate. */
  head: Head | VectorHead | null
}

/** Fewer frames of a state tell nothing. */
const FEWEST_FRESH = 2 * FEWEST_FRAMES

/**
 * Compares a candidate with the active model on the latter's frozen test set and, where that has none, on frames that
 * were labelled since it was made. The candidate's side is its cross-validation.
 * @param fresh ids of the frames labelled since (`freshOf`)
 * @returns null where there are too few of any state
 */
export function compareWith(
  { testSet, head }: Rival,
  states: string[],
  samples: Sample[],
  fresh: ReadonlySet<string>,
  candidate: TestFrame[],
  noun: 'frame' | 'reading' = 'frame',
): Gate | null {
  const labelled = samples.filter(({ judgeOnly }) => !judgeOnly)
  const labels = new Map(labelled.map(({ frame, state }) => [frame, state]))
  const judged = new Set(candidate.map(({ frame }) => frame))
  const later = labelled.filter(({ frame }) => fresh.has(frame) && judged.has(frame))
  const isEnough = states.every((state) => later.filter((sample) => sample.state === state).length >= FEWEST_FRESH)
  const sides = { states, candidate, labels, since: null, noun }
  const since = head && isEnough ? gate({ ...sides, active: judge(head, later) }) : null
  const told = since && { frames: since.frames, candidate: since.candidate, active: since.active }
  const chosen = testSet.length > 0 ? gate({ ...sides, active: testSet }) : since
  return chosen && { ...chosen, since: told }
}
