import { setTimeout as delay } from 'node:timers/promises'
import { readLedger } from '../home/ledger.ts'
import { newPending, type Pending, writePending } from '../home/pending.ts'
import type { Host } from '../host.ts'
import type { Step } from '../step.ts'
import type { Health } from '../trial/health.ts'
import { healthNow } from '../trial/watch.ts'
import { releaseOf } from './release-of.ts'

/** A start beside others takes longer than alone. */
const TIMES = 2
const LEAST_READY_MS = 6000
/** Where frames wait, one ends within this; where they come one after another, one comes. */
const FRAME_MS = 2000

/** Takes note of how it is before the switch, and of the way back: from here on a kill is finished or undone by `recover`. */
export function pendingStep({ leastReadyMs = LEAST_READY_MS, frameMs = FRAME_MS } = {}): Step {
  return async ({ home, host, request, run, log, signal }) => {
    const release = releaseOf(run)
    const health = await healthNow(host)
    if (!health) log('warn', 'the server does not answer now: the new release is judged by itself alone')
    const failingBefore = health?.failing.map(({ name }) => name) ?? []
    if (failingBefore.length > 0)
      log('warn', `fails already, and does not count against the new one: ${failingBefore.join(', ')}`)
    const startMs = readLedger(home)[release]?.startMs ?? 0
    const frames =
      health &&
      (await framesBefore(
        health,
        () => healthNow(host),
        () => delay(frameMs, undefined, { signal }),
      ))
    const pending = newPending({
      release,
      from: run.from,
      request,
      startedAt: Date.now(),
      readyLimitMs: Math.max(leastReadyMs, TIMES * startMs),
      failingBefore,
      pidBefore: await pidOf(host),
      ...frames,
    })
    writePending(home, pending)
  }
}

export const step = pendingStep()

async function pidOf(host: Host): Promise<number | null> {
  return host.serverProcess().then(
    ({ pid }) => pid,
    () => null,
  )
}

/** That one frame came may be chance, and no fault of a release that gets none: it takes two looks in a row. */
async function framesBefore(
  { frames: first }: Health,
  ask: () => Promise<Health | null>,
  wait: () => Promise<void>,
): Promise<Pick<Pending, 'stoodBefore' | 'tookBefore'>> {
  await wait()
  const second = (await ask())?.frames
  if (!second) return { stoodBefore: false, tookBefore: false }
  const stoodBefore = first.waiting > 0 && second.waiting > 0 && second.ended === first.ended
  if (second.taken <= first.taken) return { stoodBefore, tookBefore: false }
  await wait()
  const third = (await ask())?.frames
  return { stoodBefore, tookBefore: third !== undefined && third.taken > second.taken }
}
