import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readLedger } from '../src/home/ledger.ts'
import type { Behaviour } from './machine/fake-server.ts'
import { Machine } from './machine/machine.ts'

/**
 * A redeployer is killed right before one of its operations on files, its follower a few operations later, and a third one
 * takes over; on a new machine for every `AJAR_KILL_EVERY`-th operation.
 */
const EVERY = Number(process.env.AJAR_KILL_EVERY ?? 13)
const AT_ONCE = 3
const FOLLOWER_LIVES = 12

test.each<[string, Behaviour, string[]]>([
  ['good', {}, ['kept', 'refused']],
  ['no good', { endsMs: 0, rehearsed: {} }, ['refused', 'went_back']],
])(
  'killed anywhere, a redeploy to a release that is %s is finished or undone',
  async (_, behaviour, ends) => {
    const outcomes: string[] = []
    let next = 1
    let isOver = false
    const kill = async () => {
      while (!isOver) {
        const at = next
        next += EVERY
        const outcome = await killedAt(at, behaviour)
        if (outcome === null) isOver = true
        else outcomes.push(outcome)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, kill))
    // Some kills came before the switch, and some after it.
    expect([...new Set(outcomes)].sort()).toEqual(ends)
  },
  900_000,
)

/** @returns how the run ended; null where the redeploy has fewer operations than that */
async function killedAt(at: number, behaviour: Behaviour): Promise<string | null> {
  const machine = await Machine.start()
  try {
    await machine.ready()
    machine.addRelease('b', behaviour)
    const { code } = await machine.redeployer('redeploy', { request: { ref: 'b' }, killAt: at })
    if (code !== null) return null
    // What comes at boot may come before the redeployer's own start, or not.
    if (at % 2 === 0) await machine.redeployer('boot')
    await machine.redeployer('recover', { killAt: 1 + (at % FOLLOWER_LIVES) })
    const { said } = await machine.redeployer('recover')
    return endOf(machine, `operation ${at}: ${said}`)
  } finally {
    await machine.close()
  }
}

/** What holds wherever a kill came. */
function endOf(machine: Machine, where: string): string {
  const { home, current, trusted, runs } = machine
  // Killed before it wrote that it runs: nothing has happened.
  const { state, endedAt } = machine.run('job-1') ?? { state: 'refused', endedAt: 0 }
  const release = state === 'kept' ? 'b' : 'a'
  expect({ current, trusted, runs }, where).toEqual({ current: release, trusted: release, runs: release })
  expect(existsSync(home.pending), where).toBe(false)
  expect(state, where).not.toBe('running')
  expect(endedAt, where).not.toBeNull()
  // Killed before it noted anything, there is no ledger; but never half of one.
  if (existsSync(home.ledger)) expect(() => JSON.parse(readFileSync(home.ledger, 'utf8')), where).not.toThrow()
  const ledger = readLedger(home)
  if (state === 'kept') expect(ledger.a?.state, where).toBe('good')
  if (state === 'kept') expect(ledger.b?.state, where).toBe('good')
  if (state === 'went_back') expect(ledger.b?.state, where).toBe('bad')
  const names = readdirSync(home.folder).filter((name) => !name.endsWith('.new'))
  expect(names.sort(), where).toEqual(['current', 'redeploy', 'releases', 'trusted'])
  return state
}
