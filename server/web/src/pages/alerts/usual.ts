import type { KindBody } from '../../api/alert-bodies.ts'

/** The rules that nearly everybody wants, offered where there is none yet. */
export interface UsualRule {
  name: string
  kind: string
  params: Record<string, unknown>
  forMs: number
}

const MINUTE_MS = 60_000

const USUAL: readonly UsualRule[] = [
  {
    name: 'Door open for more than 10 minutes',
    kind: 'state',
    params: { state: 'open' },
    forMs: 10 * MINUTE_MS,
  },
  {
    name: 'Device offline for 5 minutes',
    kind: 'offline',
    params: {},
    forMs: 5 * MINUTE_MS,
  },
  {
    name: 'State of a camera unknown for 15 minutes',
    kind: 'unknown',
    params: {},
    forMs: 15 * MINUTE_MS,
  },
  {
    name: 'More than 500 frames wait on a device',
    kind: 'outbox',
    params: { frames: 500 },
    forMs: MINUTE_MS,
  },
  {
    name: 'Less than 1 GB free for the server',
    kind: 'disk',
    params: { freeBytes: 1_000_000_000 },
    forMs: MINUTE_MS,
  },
  {
    name: 'Something of the server has failed',
    kind: 'health',
    params: { level: 'error' },
    forMs: MINUTE_MS,
  },
]

/** Those that this server knows. */
export function usualRules(kinds: KindBody[]): UsualRule[] {
  return USUAL.filter(({ kind }) => kinds.some(({ name }) => name === kind))
}
