import { isRequest, type Request } from '../requests/request.ts'
import { readJson, removeDurably, writeDurably } from './durable.ts'
import type { Home } from './home.ts'
import { isReleaseId } from './releases.ts'

/**
 * A switch that is under way: written before the link `current` is touched, gone when it is kept or undone. What `recover`
 * does follows from `phase`, and from where the link leads: a kill may have come between the two.
 */
export interface Pending {
  v: 1
  job: string
  /** On its way in. */
  release: string
  /** Runs again where that is no good; null: a checkout. */
  from: string | null
  /** `switch`: the link may lead to either. `trial`: the new release was started. `back`: it is no good. `keep`: it is good. */
  phase: 'switch' | 'trial' | 'back' | 'keep'
  /** So often a redeployer has taken it up again. */
  attempts: number
  /** `recover` at boot has counted the attempt that comes next. */
  isCounted: boolean
  /** Milliseconds UTC. */
  startedAt: number
  /** For so long it may take to be ready. */
  readyLimitMs: number
  /** Checks of health that were errors before it. */
  failingBefore: string[]
  /** Frames waited and none of them was ended before the switch too. */
  stoodBefore: boolean
  /** Frames came one after another before the switch: they have to come to the new one too. */
  tookBefore: boolean
  /** The process of the server before it; null: there was none, or nobody knows. */
  pidBefore: number | null
  /** Why it goes back. */
  reason: Reason | null
  request: Request
}

export interface FrameCounts {
  /** Since the start of the server. */
  taken: number
  ended: number
  /** Now. */
  waiting: number
}

export interface Reason {
  code: string
  message: string
  /** Whether the release is marked bad. */
  isItsFault: boolean
}

const PHASES = ['switch', 'trial', 'back', 'keep']
const DEFAULTS = {
  phase: 'switch' as const,
  attempts: 0,
  isCounted: false,
  startedAt: 0,
  readyLimitMs: 60_000,
  failingBefore: [],
  stoodBefore: false,
  tookBefore: false,
  pidBefore: null,
  reason: null,
}

/** One that is about to be switched. */
export function newPending(
  known: Pick<Pending, 'release' | 'from' | 'request' | 'startedAt'> & Partial<Pending>,
): Pending {
  return { ...DEFAULTS, ...known, v: 1, job: known.request.job }
}

export function writePending(home: Home, pending: Pending) {
  writeDurably(home.pending, `${JSON.stringify(pending, null, 1)}\n`)
}

export function removePending(home: Home) {
  removeDurably(home.pending)
}

/** @returns `damaged`: nothing can be concluded from it. What another release's redeployer did not write has its default */
export function readPending(home: Home): Pending | 'damaged' | null {
  const read = readJson(home.pending)
  if (read.is === 'missing') return null
  if (read.is === 'damaged') return 'damaged'
  const pending = { ...DEFAULTS, phase: null, ...(read.value as Partial<Pending> | null) }
  const { v, release, from, phase, request, job } = pending
  const isWhole =
    v === 1 &&
    isReleaseId(release) &&
    (from === null || isReleaseId(from)) &&
    PHASES.includes(phase ?? '') &&
    isRequest(request) &&
    request.job === job &&
    Array.isArray(pending.failingBefore) &&
    [pending.attempts, pending.readyLimitMs].every(Number.isFinite)
  return isWhole ? (pending as Pending) : 'damaged'
}

/** @throws Error where none is under way: the steps that ask come after the one that writes it */
export function pendingOf(home: Home): Pending {
  const pending = readPending(home)
  if (pending === null || pending === 'damaged') throw new Error(`${home.pending} is gone or damaged`)
  return pending
}

export function changePending(home: Home, change: Partial<Pending>) {
  writePending(home, { ...pendingOf(home), ...change })
}
