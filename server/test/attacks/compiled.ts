import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tarOf } from '../../src/sandbox/tar.ts'

const made = new Map<string, Uint8Array>()

/** An archive with the program `attack` in it, made of the C source of that name in this folder; needs gcc. */
export function compiled(name: string): Uint8Array {
  const known = made.get(name)
  if (known) return known
  const archive = tarOf([{ path: 'attack', bytes: compiledBytes(name), mode: 0o755 }])
  made.set(name, archive)
  return archive
}

/** The program alone. */
export function compiledBytes(name: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'ajar-attack-'))
  try {
    const source = fileURLToPath(new URL(`${name}.c`, import.meta.url))
    execFileSync('gcc', ['-O1', '-Wall', '-Wno-unused-result', '-pthread', '-o', join(folder, 'attack'), source])
    return readFileSync(join(folder, 'attack'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
