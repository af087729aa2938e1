import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Debian's Python, which has astropy and numpy by `test/setup/install-neighbours.sh`. */
const PYTHON = '/usr/bin/python3'

export interface Case {
  name: string
  file: string
  width: number
  height: number
  planes: number
  /** What `ImageReader.sampleType` is. */
  type: string
  /** Of the header; `absent` where the keyword is not to be there. */
  cards: Record<string, string | number | boolean | null>
}

/** A folder that is gone when the tests' process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ajar-images-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs a script beside this file. @returns what it printed */
export function python(script: string, ...args: string[]): string {
  return execFileSync(PYTHON, [join(import.meta.dirname, script), ...args], { encoding: 'utf8', maxBuffer: 64 << 20 })
}

/** Files that astropy wrote into `folder`. */
export function writtenByAstropy(folder: string): Case[] {
  python('write-fits.py', folder)
  return JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'))
}

/** What astropy reads of a case's file. */
export function expectedOf(folder: string, { name }: Case): Float64Array {
  const bytes = readFileSync(join(folder, `${name}.f64`))
  return new Float64Array(Uint8Array.from(bytes).buffer)
}
