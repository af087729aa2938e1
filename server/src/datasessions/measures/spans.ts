/** What was recorded of one frame. */
export interface Seen {
  /** Milliseconds UTC. */
  at: number
  state: string
}

/** A time in which each frame showed the same state, and frames came as usual. */
export interface Span {
  state: string
  /** Milliseconds UTC: its first frame, and the first of the next state or, before a gap, its own last one. */
  from: number
  to: number
  frames: number
  /** Whether frames are missing after it. */
  beforeGap: boolean
}

export interface SpanOptions {
  /** So long without a frame is a gap; null: `GAP_TIMES` the usual time between frames. */
  gapMs: number | null
  /** A state counts from so many frames of it in a row; until then the one before lasts. */
  leastFrames: number
}

const GAP_TIMES = 5

/**
 * Frames of a camera as spans, oldest first. From one frame to the next the state is that of the former, for then the
 * door was seen; nothing is said of a gap.
 * @param seen in the order of time
 */
export function spansOf(seen: readonly Seen[], { gapMs, leastFrames }: SpanOptions): Span[] {
  const gap = gapMs ?? GAP_TIMES * usualStep(seen)
  const spans: Span[] = []
  const states = settled(seen, leastFrames, gap)
  for (const [i, { at }] of seen.entries()) {
    const state = states[i] as string
    const last = spans.at(-1)
    const before = seen[i - 1]
    const isGap = before !== undefined && at - before.at > gap
    if (last && before) {
      last.to = isGap ? before.at : at
      last.beforeGap = isGap
    }
    if (last && !isGap && last.state === state) last.frames += 1
    else spans.push({ state, from: at, to: at, frames: 1, beforeGap: false })
  }
  return spans
}

function usualStep(seen: readonly Seen[]): number {
  const steps = seen.slice(1).map(({ at }, i) => at - (seen[i] as Seen).at)
  return steps.sort((a, b) => a - b)[steps.length >> 1] ?? 0
}

/** The states without those that too few frames in a row show: these have the one before, or, at the beginning and after a gap, their own. */
function settled(seen: readonly Seen[], least: number, gap: number): string[] {
  const states: string[] = []
  for (let i = 0; i < seen.length; ) {
    const { state } = seen[i] as Seen
    let end = i + 1
    while (end < seen.length && !isGapAt(seen, end, gap) && seen[end]?.state === state) end += 1
    const before = i === 0 || isGapAt(seen, i, gap) ? undefined : states[i - 1]
    const counts = end - i >= least || before === undefined ? state : before
    while (i < end) states[i++] = counts
  }
  return states
}

function isGapAt(seen: readonly Seen[], i: number, gap: number): boolean {
  return (seen[i] as Seen).at - (seen[i - 1] as Seen).at > gap
}

/** What spans come to. Seconds; times in milliseconds UTC. */
export function summaryOf(spans: readonly Span[], openState: string) {
  const seconds: Record<string, number> = {}
  let [openings, wasOpen, gaps, unseen] = [0, null as boolean | null, 0, 0]
  let longest: Span | null = null
  for (const [i, span] of spans.entries()) {
    seconds[span.state] = (seconds[span.state] ?? 0) + (span.to - span.from) / 1000
    const next = spans[i + 1]
    if (span.beforeGap && next) {
      gaps += 1
      unseen += (next.from - span.to) / 1000
    }
    if (span.state === 'unknown') continue // it says nothing of the door: what was before may have lasted
    const isOpen = span.state === openState
    if (isOpen && wasOpen === false) openings += 1
    if (isOpen && (!longest || span.to - span.from > longest.to - longest.from)) longest = span
    wasOpen = isOpen
  }
  const [first, last] = [spans[0], spans.at(-1)]
  return {
    ...{ from: isoOf(first?.from), to: isoOf(last?.to), seconds, openings },
    open_at_start: spans.find(({ state }) => state !== 'unknown')?.state === openState,
    longest_open: longest && {
      ...{ from: isoOf(longest.from), to: isoOf(longest.to), seconds: (longest.to - longest.from) / 1000 },
    },
    ...{ gaps, gap_seconds: unseen },
  }
}

function isoOf(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString()
}
