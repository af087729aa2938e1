import { spawnSync } from 'node:child_process'
import type { TestContext } from 'vitest'

/**
 * Skips a test, and says why, on a machine without a program that it needs. Where CI is set nothing is skipped: there the
 * program has to be.
 */
export function needsProgram(program: string, debianPackage: string, context: TestContext): void {
  if (spawnSync('which', [program]).status === 0) return
  needs(false, `${program} is not installed: apt-get install ${debianPackage}`, context)
}

/** Skips a test, and says why, where `given` does not hold; fails it where CI is set. */
export function needs(given: boolean, why: string, context: TestContext): void {
  if (given) return
  if (process.env.CI) throw new Error(why)
  context.skip(why)
}
