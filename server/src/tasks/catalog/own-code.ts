import { createHash } from 'node:crypto'
import { glob, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { RUN_TS } from '../runners/programs.ts'

let hash: Promise<string> | undefined

/** Of the code of ours that runs tasks, and that they read pictures by: they may come to something else under another release. */
export function ownCodeHash(): Promise<string> {
  hash ??= hashOf([dirname(RUN_TS), dirname(createRequire(import.meta.url).resolve('@ajar/images'))])
  return hash
}

async function hashOf(folders: string[]): Promise<string> {
  const sum = createHash('sha256')
  for (const cwd of folders) {
    const files = await Array.fromAsync(glob('**/*.{ts,py}', { cwd }))
    for (const file of files.sort()) sum.update(`${file}\n`).update(await readFile(join(cwd, file)))
  }
  return sum.digest('hex')
}
