/** A frame that could be labelled next. Times are milliseconds UTC. */
export interface Candidate {
  capturedAt: number
  /** Of what the model said, calibrated; null where no model said anything. */
  confidence: number | null
  /** The model found it unlike all that it learned from. */
  isUnlike: boolean
  /** `signatureOf`; null where it is not known, or is of another backbone. */
  signature: Uint8Array | null
}

/** What is labelled already. */
export interface Labelled {
  /** Of labelled frames, of the same backbone as those of the candidates. */
  signatures: Uint8Array[]
  /** When labelled frames were captured; a few stand for many. */
  times: number[]
  /** How many labelled frames were captured in each hour of the day (UTC): 24 numbers. */
  hours: number[]
}

/** Why a frame is worth a label: what weighed most, where it weighs anything. */
export type Why = 'uncertain' | 'unlike_labelled' | 'other_hour' | 'newest'

export interface Pick {
  capturedAt: number
  why: Why
}

/** Parts of the score, each 0..1 before it is weighed. */
const WEIGHTS = { uncertain: 0.4, unlike_labelled: 0.4, other_hour: 0.2 }
/** Of a frame that is unlike all training: whatever the model said of it was a guess. */
const LEAST_OF_UNLIKE = 0.7
/** Frames so near in time show the same, and evaluation never has them on both sides. */
const NEIGHBOURS_MS = 600_000
const HOUR_MS = 3_600_000
const HOURS = 24
/** So many candidates stand for all where it is asked what a label brings nearer. */
const MOST_SAMPLES = 128
/** Farther from all that is labelled than that is from itself: so many times as far is another view. */
const ANOTHER_VIEW = 2
/** Labelled frames of which some are of one state. */
const FEWEST_ALIKE = 4
/** Of doubt, 0..1: below it the model is sure, however sure it is of the others. */
const LEAST_DOUBT = 0.2
/** 1 - cosine of opposites. */
const FARTHEST = 2

/**
 * The candidates that teach most, the best first. Each pick counts as labelled for those after it, so that they differ from
 * one another too: in what they show, in the hour of the day, and by ten minutes at least, as long as there are such.
 *
 * Uncertainty alone asks for the same doubtful view again and again; distance alone for every fly upon the lens. Where no
 * model has seen the frames they are spread over the time and the hours of the day.
 */
export function mostUseful(candidates: Candidate[], labelled: Labelled, count: number): Pick[] {
  const ranking = rank(candidates, labelled, count)
  for (;;) {
    const { done, value } = ranking.next()
    if (done) return value
  }
}

/** `mostUseful` in steps of a millisecond or less, for whoever has other things to do in between. */
export function* rank(candidates: Candidate[], labelled: Labelled, count: number): Generator<void, Pick[]> {
  const views = new Views(candidates, labelled)
  for (const _ of views.compare()) yield
  const left = candidates.map((candidate, index) => new Rated(candidate, index, labelled.times))
  const hours = [...labelled.hours]
  let gap = gapFor(candidates, count)
  const picks: Pick[] = []
  while (picks.length < count && left.length > 0) {
    const apart = left.filter(({ pickDistance }) => pickDistance >= gap)
    if (apart.length === 0) {
      gap = gap < 1 ? 0 : gap / 2 // those that are left are all neighbours of picks
      continue
    }
    const mosts = { hour: Math.max(...hours, 1), gain: 0, time: 0 }
    for (const one of apart) {
      mosts.gain = Math.max(mosts.gain, views.gainOf(one.index))
      mosts.time = Math.max(mosts.time, one.timeDistance)
    }
    let best = apart[0] as Rated
    for (const one of apart) {
      const spare = 1 - (hours[one.hour] ?? 0) / mosts.hour
      one.rate(
        views.has(one.index) ? share(views.gainOf(one.index), mosts.gain) : share(one.timeDistance, mosts.time),
        spare,
      )
      if (one.score > best.score) best = one
    }
    picks.push({ capturedAt: best.capturedAt, why: best.why(views.isUnlikeLabelled(best.index)) })
    left.splice(left.indexOf(best), 1)
    hours[best.hour] = (hours[best.hour] ?? 0) + 1
    views.label(best.index)
    for (const one of left) one.moveFrom(best)
    yield
  }
  return picks
}

/** A candidate by its time and by what the model said of it. */
class Rated {
  readonly capturedAt: number
  readonly index: number
  readonly hour: number
  /** 0 where the model is sure, 1 where it guesses. */
  readonly #doubt: number
  #news = 0
  #spare = 0
  score = 0
  /** Milliseconds to the nearest frame that is labelled or picked. */
  timeDistance = Number.POSITIVE_INFINITY
  /** Milliseconds to the nearest pick. */
  pickDistance = Number.POSITIVE_INFINITY

  constructor({ capturedAt, confidence, isUnlike }: Candidate, index: number, times: number[]) {
    this.capturedAt = capturedAt
    this.index = index
    this.hour = Math.floor(capturedAt / HOUR_MS) % HOURS
    // Half is a guess between two states, which most cameras have.
    const doubt = confidence === null ? 0 : Math.min(2 * (1 - confidence), 1)
    this.#doubt = isUnlike ? Math.max(doubt, LEAST_OF_UNLIKE) : doubt
    for (const time of times) this.timeDistance = Math.min(this.timeDistance, Math.abs(time - capturedAt))
  }

  /**
   * @param news how much of what is not labelled it shows, 0..1
   * @param spare how few labels its hour has, 0..1
   */
  rate(news: number, spare: number) {
    this.#news = news
    this.#spare = spare
    this.score = WEIGHTS.uncertain * this.#doubt + WEIGHTS.unlike_labelled * news + WEIGHTS.other_hour * spare
  }

  /** What weighed most when it was rated last. */
  why(isUnlikeLabelled: boolean): Why {
    const parts: [why: Why, weight: number][] = [
      ['unlike_labelled', isUnlikeLabelled ? WEIGHTS.unlike_labelled * this.#news : 0],
      ['uncertain', this.#doubt < LEAST_DOUBT ? 0 : WEIGHTS.uncertain * this.#doubt],
      ['other_hour', this.#spare <= 0.5 ? 0 : WEIGHTS.other_hour * this.#spare],
    ]
    const [why, weight] = parts.reduce((most, part) => (part[1] > most[1] ? part : most))
    return weight > 0 ? why : 'newest'
  }

  /** `picked` counts as labelled from now on. */
  moveFrom(picked: Rated) {
    const apart = Math.abs(picked.capturedAt - this.capturedAt)
    if (apart < this.pickDistance) this.pickDistance = apart
    if (apart < this.timeDistance) this.timeDistance = apart
  }
}

/**
 * What the candidates show, by their signatures. A label is worth as much as it brings all of them nearer to a labelled
 * one: that is far from what is labelled, and typical of what is not (greedy facility location; Krause and Golovin 2014,
 * "Submodular function maximization"). A view that only one frame shows gains little.
 */
class Views {
  readonly #directions: (Float32Array | null)[]
  readonly #labelled: Float32Array[]
  /** What is labelled cannot be compared, for it was seen by another backbone or region. */
  readonly #isBlind: boolean
  /** How far a labelled frame is from the nearest other one, of most of them. */
  readonly #usual: number
  /** Some of the candidates, evenly, that stand for all. */
  readonly #samples: Float32Array[]
  /** How far each sample is from the nearest labelled one. */
  readonly #distances: Float32Array
  /** How far each candidate is from each sample: those of the first sample, then those of the next. */
  readonly #between: Float32Array
  /** How much nearer each candidate would bring the samples. */
  readonly #gains: Float64Array

  constructor(candidates: Candidate[], { signatures, times }: Labelled) {
    this.#directions = candidates.map(({ signature }) => signature && directionOf(signature))
    const known = this.#directions.filter((direction) => direction !== null)
    const count = Math.min(known.length, MOST_SAMPLES)
    this.#samples = Array.from(
      { length: count },
      (_, i) => known[Math.floor((i * known.length) / count)] as Float32Array,
    )
    this.#labelled = signatures.map(directionOf)
    this.#isBlind = times.length > 0 && signatures.length === 0
    this.#usual = usualDistance(this.#labelled)
    this.#distances = new Float32Array(count).fill(FARTHEST)
    this.#between = new Float32Array(count * candidates.length)
    this.#gains = new Float64Array(candidates.length)
  }

  /** Before anything is asked: a step for each sample. */
  *compare(): Generator<void> {
    const [directions, gains] = [this.#directions, this.#gains]
    for (const [j, sample] of this.#samples.entries()) {
      const nearest = nearestOf(sample, this.#labelled)
      this.#distances[j] = nearest
      const row = this.#between.subarray(j * gains.length, (j + 1) * gains.length)
      for (let i = 0; i < row.length; i++) {
        const direction = directions[i]
        const far = direction ? distance(direction, sample) : FARTHEST
        row[i] = far
        if (far < nearest) gains[i] = (gains[i] as number) + nearest - far
      }
      yield
    }
  }

  /** Whether it shows what no labelled frame shows; of a candidate that cannot be compared nobody knows. */
  isUnlikeLabelled(index: number): boolean {
    const direction = this.#directions[index]
    return direction && !this.#isBlind ? nearestOf(direction, this.#labelled) > ANOTHER_VIEW * this.#usual : false
  }

  /** Whether the candidate can be compared. */
  has(index: number): boolean {
    return this.#directions[index] !== null
  }

  gainOf(index: number): number {
    return this.#gains[index] as number
  }

  /** Only where it brings a sample nearer do gains change: most picks do so for a few. */
  label(index: number) {
    const gains = this.#gains
    for (let j = 0; j < this.#samples.length; j++) {
      const row = this.#between.subarray(j * gains.length, (j + 1) * gains.length)
      const [before, now] = [this.#distances[j] as number, row[index] as number]
      if (now >= before) continue
      this.#distances[j] = now
      for (let i = 0; i < row.length; i++) {
        const far = row[i] as number
        if (far < before) gains[i] = (gains[i] as number) - (before - Math.max(far, now))
      }
    }
  }
}

/** The median; a few are too far from each other to tell what is usual. */
function usualDistance(labelled: Float32Array[]): number {
  const distances = labelled.map((one) =>
    nearestOf(
      one,
      labelled.filter((other) => other !== one),
    ),
  )
  const median = distances.sort((a, b) => a - b)[Math.floor(distances.length / 2)]
  return labelled.length < FEWEST_ALIKE ? 0 : (median ?? 0)
}

function nearestOf(one: Float32Array, others: Float32Array[]): number {
  let nearest = FARTHEST
  for (const other of others) nearest = Math.min(nearest, distance(one, other))
  return nearest
}

/** 1 - cosine, of unit vectors. */
function distance(a: Float32Array, b: Float32Array): number {
  let cosine = 0
  for (let i = 0; i < a.length; i++) cosine += (a[i] as number) * (b[i] as number)
  return cosine > 1 ? 0 : 1 - cosine
}

/** Signatures are compared by their cosine, so as unit vectors. */
function directionOf(signature: Uint8Array): Float32Array {
  const numbers = Float32Array.from(new Int8Array(signature.buffer, signature.byteOffset, signature.byteLength))
  const length = Math.sqrt(numbers.reduce((sum, value) => sum + value * value, 0)) || 1
  return numbers.map((value) => value / length)
}

/** Of the most there is; where that has no end, only what has none either is as much. */
function share(value: number, most: number): number {
  if (most === Number.POSITIVE_INFINITY) return value === most ? 1 : 0
  return most === 0 ? 0 : value / most
}

/** Where all candidates lie within a short time, neighbours are nearer to each other than usual. */
function gapFor(candidates: Candidate[], count: number): number {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { capturedAt } of candidates) {
    first = Math.min(first, capturedAt)
    last = Math.max(last, capturedAt)
  }
  return Math.min(NEIGHBOURS_MS, (last - first) / (2 * count))
}
