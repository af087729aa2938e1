import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import type { Came } from './attempt.ts'
import type { Caller, Given } from './caller.ts'
import { compiled } from './compiled.ts'

/** What is still there for a moment after an end: nobody waits for it longer than this. */
const SETTLED_MS = 5000

export interface Attacked extends Came {
  /** What it said of its tries, in lines as `THROUGH mount: 0`. */
  through: string[]
  kept: string[]
  /** Of the box, or of another one. */
  mark: string
}

/** Runs a program of this folder in a box, and looks whether anything is left afterwards. @param words its arguments */
export async function attack(
  caller: Caller,
  program: string,
  words: string[],
  given: Partial<Given> = {},
): Promise<Attacked> {
  const attacked = await attempt(caller, program, words, given)
  expect(attacked.error).toBeNull()
  expect(`${program} ${words[0] ?? ''}: ${await leftBy(caller, attacked.mark)}`).toBe(`${program} ${words[0] ?? ''}: `)
  return attacked
}

/** Without that look, for several at once: `leftBy` finds what is left of any of them. */
export async function attempt(
  caller: Caller,
  program: string,
  words: string[],
  given: Partial<Given> = {},
): Promise<Attacked> {
  const mark = `${markOf(caller)}-${randomBytes(6).toString('hex')}`
  const came = await caller.run({ command: ['/box/attack', ...words, mark], files: compiled(program), ...given })
  const lines = came.stdout.split('\n')
  return {
    ...came,
    mark,
    through: lines.filter((line) => line.startsWith('THROUGH')),
    kept: lines.filter((line) => line.startsWith('kept')),
  }
}

/** What of it, or of any other box of its caller that has ended, is on this machine: nothing. */
export async function leftBy(caller: Caller, mark = markOf(caller)): Promise<string> {
  const until = performance.now() + SETTLED_MS
  for (;;) {
    const found = caller.traces.found(mark)
    if (found.length === 0) return ''
    if (performance.now() > until) return found.join('\n')
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** In the arguments of all of its attacks, and of nobody else's. */
function markOf({ pid }: Caller): string {
  return `ajar-try-of-${pid}`
}
