import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Debian's Python, which has astropy and numpy by `test/setup/install-neighbours.sh`. */
const PYTHON = '/usr/bin/python3'

/** What numpy and astropy make of the same files: an answer for each that is asked, by one process, for it starts slowly. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
export function judge(what: string, asked: object[]): any[] {
  const script = join(import.meta.dirname, 'judge.py')
  const said = execFileSync(PYTHON, [script, what, JSON.stringify(asked)], { encoding: 'utf8', maxBuffer: 256 << 20 })
  return JSON.parse(said)
}
