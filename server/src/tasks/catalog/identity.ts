import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'

/** A file as it is now. Null stands for one that is not there. */
export interface FileNow {
  /** Another one is another file, or another content. */
  identity: string
  isFile: boolean
  isFolder: boolean
  isExecutable: boolean
  bytes: number
  /** When it changed last, milliseconds. */
  changedAt: number
  /** So soon after that an edit may not show: clocks of file systems go in steps. */
  unsettledMs: number
}

/** Steps of the clocks of file systems: some know whole seconds only, or every other one. */
const STEP_MS = 50
const COARSE_STEP_MS = 2100
/** Larger ones are told apart by what the file system says of them. */
const MOST_HASHED = 16 << 20
const AT_ONCE = 64

/** How a file is looked at. */
export type Look = (path: string) => Promise<FileNow | null>

/** Looks at each file once: for one scan of a folder, whose tasks share interpreters. */
export function lookOnce(): Look {
  const seen = new Map<string, Promise<FileNow | null>>()
  return (path) => {
    const known = seen.get(path)
    if (known) return known
    const now = fileNow(path)
    seen.set(path, now)
    return now
  }
}

export async function fileNow(path: string): Promise<FileNow | null> {
  try {
    const is = await stat(path, { bigint: true })
    const isCoarse = is.ctimeNs % 1_000_000_000n === 0n
    return {
      identity: [is.dev, is.ino, is.size, is.mtimeNs, is.ctimeNs, is.mode].join(':'),
      isFile: is.isFile(),
      isFolder: is.isDirectory(),
      isExecutable: (Number(is.mode) & 0o111) !== 0,
      bytes: Number(is.size),
      changedAt: Number(is.ctimeNs / 1_000_000n),
      unsettledMs: isCoarse ? COARSE_STEP_MS : STEP_MS,
    }
  } catch {
    // Gone, behind a folder that may not be looked into, or a link that leads nowhere: whoever reads it says which.
    return null
  }
}

/** A few at a time: a folder of a thousand tasks leaves the threads of file operations to others as well. */
export async function inBatches<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let at = 0; at < all.length; at += AT_ONCE)
    results.push(...(await Promise.all(all.slice(at, at + AT_ONCE).map(work))))
  return results
}

/** What files are as a whole, and whether an edit of one of them from now on would show in it. */
export async function identityOf(
  paths: readonly string[],
  look: Look = fileNow,
): Promise<{ identity: string; settlesAt: number }> {
  const now = await inBatches(paths, look)
  return {
    identity: paths.map((path, i) => `${path} ${now[i]?.identity ?? 'none'}`).join('\n'),
    settlesAt: Math.max(0, ...now.map((file) => (file ? file.changedAt + file.unsettledMs : 0))),
  }
}

/** Of programs that many tasks are run by. */
const MOST_REMEMBERED = 1000
const remembered = new Map<string, string>()

/** Of what a file holds, wherever it lies and whenever it was written. */
export async function contentHash(path: string): Promise<string> {
  const now = await fileNow(path)
  if (!now?.isFile) return 'none'
  const known = remembered.get(now.identity)
  if (known !== undefined) return known
  const hash = `${now.bytes > MOST_HASHED ? now.identity : await hashOf(path)}${now.isExecutable ? 'x' : ''}`
  if (remembered.size >= MOST_REMEMBERED) remembered.clear()
  if (now.changedAt + now.unsettledMs < Date.now()) remembered.set(now.identity, hash)
  return hash
}

async function hashOf(path: string) {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest('hex')
}
