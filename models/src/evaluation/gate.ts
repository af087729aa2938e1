import { balancedAccuracy, confusionOf, sumOf, type TestFrame } from './score.ts'

export type { TestFrame } from './score.ts'

/**
 * A candidate and the active model on the same frames, from which neither had learned, with the labels as they were.
 * Frames that are labelled otherwise now are left out, for a correction must not look like a loss; where that leaves too
 * few, nothing but the labels as they were can tell, and a person has to say which are right.
 */
export interface Gate {
  frames: number
  /** Balanced accuracies, 0..1. */
  candidate: number
  active: number
  /** Frames that the active model had right and the candidate has wrong, and the reverse. */
  lost: number
  gained: number
  /** Frames of the test set whose label says otherwise now. */
  relabelled: number
  worse: boolean
  /** On frames labelled since the active model was made; null where there are too few. */
  since: { frames: number; candidate: number; active: number } | null
  /** Where it is worse: by how much, and what to do. */
  reason: string | null
}

export interface GateSides {
  states: string[]
  /** Frames as the active model judged them: its frozen test set, or what it says of frames labelled since. */
  active: TestFrame[]
  /** Frames as the candidate judged them. */
  candidate: TestFrame[]
  /** The labels as they are now, by frame. */
  labels: ReadonlyMap<string, string>
  since: Gate['since']
  /** What is judged, in words. */
  noun?: 'frame' | 'reading'
}

/**
 * How probable it may be that it is worse by so much by chance. A quarter, and not a twentieth: a worse model that is
 * activated unasked tells wrong states, while one that is refused by mistake is still there, and activated with one
 * click. So one frame (1 in 2) is chance, and two that are lost while none is gained (1 in 4) are not.
 */
const CHANCE = 0.25
/** Of each state so many of its frames must stand by their label, else it cannot be said which labels are right. */
const LEAST_STANDING = 0.5

/** Compares on the frames that both judged. @returns null where there are none of some state */
export function gate({ states, active, candidate, labels, since, noun = 'frame' }: GateSides): Gate | null {
  const judged = new Map(candidate.map(({ frame, said }) => [frame, said]))
  const both = active.flatMap(({ frame, truth, said }) => {
    const mine = judged.get(frame)
    return mine === undefined ? [] : [{ frame, truth, said, mine }]
  })
  if (states.some((state) => !both.some(({ truth }) => truth === state))) return null
  const standing = both.filter(({ frame, truth }) => (labels.get(frame) ?? truth) === truth)
  const isDisputed = states.some((state) => share(standing, both, state) < LEAST_STANDING)
  const counted = isDisputed ? both : standing
  const perState = states.map((state) => {
    const frames = counted.filter(({ truth }) => truth === state)
    const lost = frames.filter(({ said, mine }) => said === state && mine !== state).length
    const gained = frames.filter(({ said, mine }) => said !== state && mine === state).length
    return { frames: frames.length, lost, gained }
  })
  const accuracy = (frames: { truth: string; said: string }[]) =>
    balancedAccuracy(confusionOf(states, frames)).balancedAccuracy
  const theirs = accuracy(counted)
  const ours = accuracy(counted.map(({ truth, mine }) => ({ truth, said: mine })))
  const relabelled = both.length - standing.length
  const [lost, gained] = [sumOf(perState.map(({ lost }) => lost)), sumOf(perState.map(({ gained }) => gained))]
  const worse = ours < theirs && chanceOf(perState) <= CHANCE
  const compared = { frames: counted.length, candidate: ours, active: theirs, lost, gained, relabelled }
  return { ...compared, worse, since, reason: worse ? inWords(compared, isDisputed, noun) : null }
}

function share<Frame extends { truth: string }>(some: Frame[], all: Frame[], state: string): number {
  const [part, whole] = [some, all].map((frames) => frames.filter(({ truth }) => truth === state).length)
  return (part ?? 0) / (whole ?? 1)
}

type Compared = Omit<Gate, 'worse' | 'since' | 'reason'>

function inWords(
  { frames, candidate, active, lost, gained, relabelled }: Compared,
  isDisputed: boolean,
  noun: string,
): string {
  const [ours, theirs] = [candidate, active].map((part) => `${Math.round(part * 100)} %`)
  const figures = `it gets ${ours} right and the active model ${theirs}, states counting alike (${lost} ${noun}s lost, ${gained} gained)`
  if (isDisputed)
    return (
      `${relabelled} of the ${frames} ${noun}s by which the active model was judged have another label now, too many to compare ` +
      `by the others; by the labels of then ${figures}: if the labels of now are right, activate it all the same (\`force\`)`
    )
  const left = relabelled === 0 ? '' : `; ${relabelled} more, whose label is another now, are left out`
  return (
    `on ${frames} ${noun}s that neither had learned from ${figures}${left}: look at the labels that look wrong, or activate ` +
    'it all the same (`force`)'
  )
}

/** Steps of balanced accuracy by which chances are added up. */
const FINE = 10_000

/**
 * How probable it is to be worse at least by so much if each frame in which the two differ had been lost or gained by
 * the throw of a coin: a sign test in which a frame weighs as much as it does in balanced accuracy.
 */
function chanceOf(perState: { frames: number; lost: number; gained: number }[]): number {
  let chances = new Map([[0, 1]])
  let came = 0
  for (const { frames, lost, gained } of perState) {
    const weight = FINE / (perState.length * frames)
    came += Math.round(weight * (gained - lost))
    const before = chances
    chances = new Map()
    for (const [heads, chance] of coinThrows(lost + gained).entries())
      for (const [sum, other] of before) {
        const at = sum + Math.round(weight * (2 * heads - lost - gained))
        chances.set(at, (chances.get(at) ?? 0) + chance * other)
      }
  }
  return sumOf([...chances].filter(([sum]) => sum <= came).map(([, chance]) => chance))
}

/** How probable each number of heads is; in logarithms, for half to the power of thousands is no number. */
function coinThrows(throws: number): number[] {
  let logarithm = -throws * Math.LN2
  return Array.from({ length: throws + 1 }, (_, heads) => {
    const chance = Math.exp(logarithm)
    logarithm += Math.log(throws - heads) - Math.log(heads + 1)
    return chance
  })
}
