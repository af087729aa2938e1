import type { Judged } from './reliability.ts'

/** A moment at which a member said something beside others. */
export interface Moment {
  said: string
  says: string
  confidence: number
  /** Whether all others that said a state then said the same; null: it was alone, or nobody knows. */
  agreed: boolean | null
  /** What a person said of it, as a state of the door; null: nobody did. */
  truth: string | null
}

/**
 * What labels since a model was made tell of a member. People label where members disagree, and there a good one is wrong
 * more often than elsewhere: counted as they come, labels would take the weight of whoever is right less often, however
 * good. So moments of agreement and of disagreement are counted by their shares of all moments (post-stratification), each
 * labelled disagreement standing for those like it. An agreement that nobody labelled is taken at its word.
 * @param moments since the model is asked, a fair sample of them
 * @param labelled those that a person labelled, whether or not they are of the sample
 */
export function judgedSince(moments: Moment[], labelled: Moment[]): Judged[] {
  const alone = labelled.filter(({ agreed }) => agreed === null)
  const disputed = labelled.filter(({ agreed }) => agreed === false)
  const agreed = labelled.filter((one) => one.agreed === true)
  const shared = moments.filter((one) => one.agreed !== null)
  const share = shared.length > 0 ? shared.filter((one) => one.agreed === false).length / shared.length : null
  if (share === null) return judged(labelled, 1)
  if (disputed.length === 0) {
    // Labels of agreements alone are no fair sample where there were disagreements to be labelled, too.
    return judged(share * agreed.length < 1 ? [...alone, ...agreed] : alone, 1)
  }
  if (share === 0) return judged(labelled, 1)
  // A labelled disagreement stands for itself alone; agreements come with it in their share.
  const total = Math.min(disputed.length / share, Math.max(shared.length, labelled.length))
  const unlabelled = shared.filter((one) => one.agreed && one.truth === null)
  const believed =
    agreed.length >= ENOUGH ? agreed : [...agreed, ...unlabelled.map((one) => ({ ...one, truth: one.says }))]
  return [
    ...judged(alone, 1),
    ...judged(disputed, Math.min(1, (share * total) / disputed.length)),
    ...judged(believed, ((1 - share) * total) / Math.max(1, believed.length)),
  ]
}

/** So many labelled agreements speak for all. */
const ENOUGH = 10

function judged(moments: Moment[], count: number): Judged[] {
  return moments.flatMap(({ said, says, confidence, truth }) =>
    truth === null ? [] : [{ said, says, confidence, truth, count }],
  )
}
