import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'

/**
 * Files that a kill or a power cut leaves as they were, or as they are to be: written aside, on the disk, then renamed. One
 * process writes them, the one that holds the lock, so what lies aside has one name.
 */
const ASIDE = '.new'
const LONGEST = 16 * 1024 * 1024

/** @throws the error of the file system, such as ENOSPC; the file is then as it was */
export function writeDurably(path: string, text: string) {
  mkdirSync(dirname(path), { recursive: true })
  const aside = path + ASIDE
  try {
    const file = openSync(aside, 'w', 0o644)
    try {
      writeFileSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(aside, path)
  } catch (error) {
    rmSync(aside, { force: true })
    throw error
  }
  syncFolder(dirname(path))
}

/** Has `path` lead to `target`, whatever it led to before: at no moment is there no link. */
export function linkDurably(path: string, target: string) {
  mkdirSync(dirname(path), { recursive: true })
  const aside = path + ASIDE
  rmSync(aside, { force: true })
  symlinkSync(target, aside)
  renameSync(aside, path)
  syncFolder(dirname(path))
}

export function removeDurably(path: string) {
  rmSync(path, { force: true })
  syncFolder(dirname(path))
}

/** What is known of a file of JSON: a damaged one is another matter than none. */
export type Read = { is: 'there'; value: unknown } | { is: 'missing' } | { is: 'damaged'; why: string }

export function readJson(path: string): Read {
  let file: number | null = null
  try {
    file = openSync(path, 'r')
    if (fstatSync(file).size > LONGEST) return { is: 'damaged', why: 'longer than anything that was written there' }
    return { is: 'there', value: JSON.parse(readFileSync(file, 'utf8')) }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { is: 'missing' }
    return { is: 'damaged', why: (error as Error).message }
  } finally {
    if (file !== null) closeSync(file)
  }
}

function syncFolder(folder: string) {
  const file = openSync(folder, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
