import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Paths of the files that git knows and that are there, from the root of the repository. */
export function tracked(...patterns: string[]): string[] {
  const list = (...more: string[]) =>
    execFileSync('git', ['ls-files', ...more, '--', ...patterns], { cwd: ROOT, encoding: 'utf8' })
      .split('\n')
      .filter(Boolean)
  const deleted = new Set(list('--deleted'))
  return list().filter((path) => !deleted.has(path))
}

export function read(path: string): string {
  return readFileSync(`${ROOT}/${path}`, 'utf8')
}
