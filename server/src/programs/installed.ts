import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'

/**
 * Where boxes see programs of this machine: they have `/usr` without `/usr/local`.
 * @returns the absolute path of the first that is installed; null: none is
 */
export function installed(...programs: string[]): string | null {
  for (const program of programs) {
    const path = `/usr/bin/${program}`
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // The next one.
    }
  }
  return null
}

/**
 * The first number of a version that a program says of itself, such as `12.2.0`.
 * @returns null: it could not be run, or said none within ten seconds
 */
export function versionOf(program: string, ...options: string[]): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(
      program,
      options,
      { timeout: 10_000, env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' }, maxBuffer: 1_000_000 },
      (error, stdout, stderr) =>
        resolve(error ? null : (/\d+\.\d+(\.\d+)*/.exec(stdout)?.[0] ?? /\d+\.\d+(\.\d+)*/.exec(stderr)?.[0] ?? null)),
    )
  })
}

/**
 * A program that prints line by line, whatever it prints to: so what it says to its two outputs keeps its order, and
 * nothing is lost of what it said before it was ended.
 */
export const lineByLine = (program: string): [string, ...string[]] => {
  const sets = installed('stdbuf')
  return sets === null ? [program] : [sets, '-oL', program]
}
