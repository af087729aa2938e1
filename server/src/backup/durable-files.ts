import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pace } from './pace.ts'

const CHUNK_BYTES = 1024 * 1024
/** So much is on its way to the disk at most: whoever syncs a frame meanwhile waits for no more. */
const SYNC_BYTES = 4 * CHUNK_BYTES

export interface Digested {
  bytes: number
  /** Hexadecimal. */
  sha256: string
}

/** Opens what has to be a file: not by a link, and never waiting for whoever writes into a pipe. */
export async function openFile(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  if ((await file.stat()).isFile()) return file
  await file.close()
  throw new Error(`${path} is no file`)
}

export async function digestOf(path: string, pace: Pace): Promise<Digested> {
  const file = await openFile(path)
  try {
    return await readThrough(file, Number.POSITIVE_INFINITY, pace, async () => {})
  } finally {
    await file.close()
  }
}

/**
 * Copies a file to a place where there is none; on the disk when it resolves.
 * @param mostBytes where it is longer, one byte more is copied and no other: the length tells
 */
export async function copyFile(from: string, to: string, mostBytes: number, pace: Pace): Promise<Digested> {
  const source = await openFile(from)
  try {
    const target = await open(to, 'wx', 0o600)
    try {
      let unsynced = 0
      const digested = await readThrough(source, mostBytes, pace, async (chunk) => {
        await target.writeFile(chunk)
        unsynced += chunk.length
        if (unsynced < SYNC_BYTES) return
        await target.datasync()
        unsynced = 0
      })
      await target.sync()
      return digested
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

/** Writes a small file durably. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** What was made, linked or renamed in the folder is there after a power cut. */
export async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** The same for a folder and every one in it. */
export async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await syncTree(join(folder, entry.name))
  await syncPath(folder)
}

async function readThrough(
  file: FileHandle,
  mostBytes: number,
  pace: Pace,
  take: (chunk: Uint8Array) => Promise<void>,
): Promise<Digested> {
  const hash = createHash('sha256')
  const buffer = Buffer.alloc(CHUNK_BYTES)
  let bytes = 0
  while (bytes <= mostBytes) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK_BYTES, mostBytes + 1 - bytes))
    if (bytesRead === 0) break
    const chunk = buffer.subarray(0, bytesRead)
    hash.update(chunk)
    await take(chunk)
    bytes += bytesRead
    await pace.rest()
  }
  return { bytes, sha256: hash.digest('hex') }
}
