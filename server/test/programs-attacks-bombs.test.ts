import { beforeEach, describe, expect, test } from 'vitest'
import { type Attacked, attack, attempt, leftBy } from './attacks/attack.ts'
import { type Caller, callerFor, type Given, KINDS, LIMITS } from './attacks/caller.ts'

/** Of a kind of memory that is not had at all, or not without end. */
const REFUSED = /^(refused \w+\n)?$/

interface Bomb {
  /** As `bombs.c` knows it. */
  kind: string
  does: string
  given?: Partial<Given>
  /** What it has to be ended for; several where the kernel may come to either first. */
  exceeded: RegExp
  prints?: RegExp
}

const SOON = { limits: { ms: 1000 } }
/** Those of a group are run at once. */
const BOMBS: Record<string, Bomb[]> = {
  'processes and threads': [
    { kind: 'forks', does: 'is a fork bomb', given: { limits: { ms: 2500 } }, exceeded: /^(processes|time)$/ },
    { kind: 'children', does: 'has too many children', exceeded: /^processes$/ },
    { kind: 'threads', does: 'has too many threads', exceeded: /^processes$/ },
  ],
  'memory of processes': [
    { kind: 'memory', does: 'takes memory in one process', exceeded: /^memory$/ },
    { kind: 'shares', does: 'takes memory in many processes, little in each', exceeded: /^memory$/ },
  ],
  'memory of nobody': [
    { kind: 'nameless', does: 'fills a file without a name', exceeded: /^(memory|null)$/, prints: REFUSED },
    { kind: 'segments', does: 'takes segments that it shares', exceeded: /^(memory|null)$/, prints: REFUSED },
    { kind: 'left-in-kernel', does: 'leaves segments, queues, semaphores', exceeded: /^null$/, prints: /done/ },
    { kind: 'pipes', does: 'fills pipes', exceeded: /^(memory|null)$/ },
    { kind: 'locks', does: 'locks ranges of files', exceeded: /^null$/, prints: /^done$/m },
  ],
  time: [
    { kind: 'spin', does: 'never ends', given: SOON, exceeded: /^time$/ },
    { kind: 'spins', does: 'never ends, on all cores', given: SOON, exceeded: /^time$/ },
    { kind: 'sleep', does: 'sleeps', given: SOON, exceeded: /^time$/ },
    { kind: 'ignores', does: 'ignores all signals', given: SOON, exceeded: /^time$/ },
    { kind: 'stops', does: 'stops itself', given: SOON, exceeded: /^time$/ },
    { kind: 'closes', does: 'closes its output and goes on', given: SOON, exceeded: /^time$/ },
  ],
  output: [
    { kind: 'lines', does: 'floods the output with lines', exceeded: /^printed$/ },
    { kind: 'one-line', does: 'floods the output with one line', exceeded: /^printed$/ },
    // So slow that a busy machine may not come to the end of it.
    { kind: 'letters', does: 'floods it letter by letter', given: SOON, exceeded: /^(printed|time)$/ },
    { kind: 'errors', does: 'floods standard error', exceeded: /^printed$/ },
    { kind: 'both', does: 'floods both at once', exceeded: /^printed$/ },
  ],
}

describe.each(KINDS)('In a box that is made by: %s', (kind) => {
  let caller: Caller
  beforeEach(async (context) => {
    caller = await callerFor(kind, context)
  })

  test.each(Object.keys(BOMBS))('bombs are kept within their limits: %s', async (group) => {
    const bombs = BOMBS[group] as Bomb[]
    const ends = await Promise.all(bombs.map(({ kind, given }) => attempt(caller, 'bombs', [kind], given)))
    for (const [i, { does, exceeded, prints = /^/ }] of bombs.entries()) {
      const { end, error, stdout, printedBytes, through } = ends[i] as Attacked
      expect(`${does}: ${error}`).toBe(`${does}: null`)
      expect(`${does}: ${end?.exceeded}`).toMatch(new RegExp(`: (${exceeded.source.replace(/[$^]/g, '')})$`))
      expect(through).toEqual([])
      expect(stdout).toMatch(prints)
      expect(printedBytes).toBeLessThanOrEqual(LIMITS.printedBytes)
    }
    expect(await leftBy(caller)).toBe('')
  })

  test('all places that may be written to are small, and there are three of them', { timeout: 120_000 }, async () => {
    const { end, stdout } = await attack(caller, 'filling', ['400000000'], {
      limits: { ms: 100_000, folderBytes: 4e6, memoryBytes: 24e6 },
    })
    const places = [...stdout.matchAll(/^place (\S+): (\d+) (\w+)$/gm)]
    expect(places.map(([, place]) => place).toSorted()).toEqual(['/box', '/dev/shm', '/tmp'])
    for (const [, , bytes, why] of places) {
      expect(why).toBe('ENOSPC')
      expect(Number(bytes)).toBeLessThanOrEqual(4e6 + 4096) // whole pages
    }
    // Files without contents take memory, which counts.
    expect(stdout.match(/^files .* ALL$/gm) ?? []).toEqual([])
    expect(end?.exceeded).toBe('memory')
  })
})
