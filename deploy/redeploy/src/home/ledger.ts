import { renameSync } from 'node:fs'
import { readJson, writeDurably } from './durable.ts'
import type { Home } from './home.ts'

/** What is known of a release, whether its folder is still there or not. */
export interface LedgerEntry {
  ref: string | null
  /** Full commit id. */
  commit: string | null
  signer: string | null
  version: string | null
  /** `new`: it has not been on trial yet. */
  state: 'new' | 'good' | 'bad'
  /** Why it is bad. */
  reason: string | null
  /** Milliseconds UTC. */
  madeAt: number
  /** When it was kept last. */
  deployedAt: number | null
  /** For so long its rehearsal took to be ready, in milliseconds. */
  startMs: number | null
}

/** `ledger.json`: `{"v":1,"releases":{"<id>":{...}}}`. Fields are only added; those of a newer release stay as they are. */
export type Ledger = Record<string, LedgerEntry>

const EMPTY: LedgerEntry = {
  ref: null,
  commit: null,
  signer: null,
  version: null,
  state: 'new',
  reason: null,
  madeAt: 0,
  deployedAt: null,
  startMs: null,
}
/** Also of releases that are gone: what was bad once is not tried again without a word. */
const MOST_ENTRIES = 500
/** What a release says of itself when it ends may be long, and the file must stay one that can be read. */
const LONGEST_REASON = 2000

/** A damaged ledger knows nothing: no release depends on it to run. */
export function readLedger(home: Home): Ledger {
  const read = readJson(home.ledger)
  const releases = read.is === 'there' && (read.value as { releases?: unknown } | null)?.releases
  if (!isRecord(releases)) return {}
  const entries = Object.entries(releases).filter(([, entry]) => isRecord(entry))
  return Object.fromEntries(entries.map(([id, entry]) => [id, { ...EMPTY, ...(entry as object) }]))
}

/** Changes what is known of one release; of one that is unknown, what is not said is empty. */
export function noteRelease(home: Home, id: string, change: Partial<LedgerEntry>) {
  setDamagedAside(home)
  const ledger = readLedger(home)
  const { [id]: before = { ...EMPTY, madeAt: Date.now() }, ...others } = ledger
  const newest = Object.entries(others)
    .sort(([, a], [, b]) => lastUsed(b) - lastUsed(a))
    .slice(0, MOST_ENTRIES - 1)
  const after = { ...before, ...change }
  const reason = after.reason?.slice(0, LONGEST_REASON) ?? null
  const releases = Object.fromEntries([[id, { ...after, reason }], ...newest])
  writeDurably(home.ledger, `${JSON.stringify({ v: 1, releases }, null, 1)}\n`)
}

/** For whoever wants to know what happened to it. */
function setDamagedAside(home: Home) {
  if (readJson(home.ledger).is === 'damaged') renameSync(home.ledger, `${home.ledger}.damaged`)
}

function lastUsed({ deployedAt, madeAt }: LedgerEntry): number {
  return deployedAt ?? madeAt
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
