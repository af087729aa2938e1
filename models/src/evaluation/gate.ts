import { balancedAccuracy, confusionOf, sumOf, type TestFrame } from './score.ts'

export type { TestFrame } from './score.ts'

/** A candidate and the active model on the same frames, from which neither had learned, with the labels as they were. */
export interface Gate {
  frames: number
  /** Balanced accuracies, 0..1. */
  candidate: number
  active: number
  /** Frames that the active model had right and the candidate has wrong, and the reverse. */
  lost: number
  gained: number
  /** Frames whose label says otherwise now. */
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
}

/**
 * How probable it may be that it is worse by so much by chance. A tenth, and not a twentieth: a state may have no more
 * than four test frames, and a model that loses all four (6 %) must not pass, while one that is refused by mistake is
 * still there, and activated with one click. Three frames (12 %) are chance.
 */
const CHANCE = 0.1

/** Compares on the frames that both judged. @returns null where there are none of some state */
export function gate({ states, active, candidate, labels, since }: GateSides): Gate | null {
  const judged = new Map(candidate.map(({ frame, said }) => [frame, said]))
  const both = active.flatMap(({ frame, truth, said }) => {
    const mine = judged.get(frame)
    return mine === undefined ? [] : [{ frame, truth, said, mine }]
  })
  if (states.some((state) => !both.some(({ truth }) => truth === state))) return null
  const perState = states.map((state) => {
    const frames = both.filter(({ truth }) => truth === state)
    const lost = frames.filter(({ said, mine }) => said === state && mine !== state).length
    const gained = frames.filter(({ said, mine }) => said !== state && mine === state).length
    return { frames: frames.length, lost, gained }
  })
  const accuracy = (frames: { truth: string; said: string }[]) =>
    balancedAccuracy(confusionOf(states, frames)).balancedAccuracy
  const theirs = accuracy(both)
  const ours = accuracy(both.map(({ truth, mine }) => ({ truth, said: mine })))
  const relabelled = both.filter(({ frame, truth }) => (labels.get(frame) ?? truth) !== truth).length
  const [lost, gained] = [sumOf(perState.map(({ lost }) => lost)), sumOf(perState.map(({ gained }) => gained))]
  const worse = ours < theirs && chanceOf(perState) <= CHANCE
  const compared = { frames: both.length, candidate: ours, active: theirs, lost, gained, relabelled }
  return { ...compared, worse, since, reason: worse ? inWords(compared) : null }
}

function inWords({ frames, candidate, active, lost, gained, relabelled }: Omit<Gate, 'worse' | 'since' | 'reason'>) {
  const [ours, theirs] = [candidate, active].map((share) => `${Math.round(share * 100)} %`)
  const said =
    relabelled === 0 ? '' : `; ${relabelled} of these frames ${relabelled === 1 ? 'has' : 'have'} another label now`
  return (
    `on ${frames} frames that neither had learned from it gets ${ours} right and the active model ${theirs}, states ` +
    `counting alike (${lost} frames lost, ${gained} gained)${said}: look at the labels, or train with \`force\` to ` +
    'activate it all the same'
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
