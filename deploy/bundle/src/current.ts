import { hash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'

/** The root of the repository, or of a release: sources and bundle lie in the same places within it. */
export const ROOT = new URL('../../../', import.meta.url)
/** Holds `current.json` and one folder for each bundle that may still run. */
export const DIST = new URL('../dist/', import.meta.url)

/** What V8 compiled of the bundle: of this machine and this user alone, so it goes into no release. */
export const COMPILED = new URL('../node_modules/.compiled/', import.meta.url)

/** Says which bundle is the newest, and what it was made of. */
export interface Current {
  folder: string
  /** The chunk of each process, in `folder`. */
  entries: Record<string, string>
  /** Digests of all files of ours that it was made of, by their path within ROOT, and of what pins those of others. */
  sources: Record<string, string>
}

export function digestOf(bytes: Uint8Array): string {
  return hash('sha1', bytes, 'base64')
}

/** The chunk of a process, or null where nobody has made one of just these sources. */
export function freshChunk(name: string, dist = DIST, root = ROOT): URL | null {
  try {
    const { folder, entries, sources } = JSON.parse(readFileSync(new URL('current.json', dist), 'utf8')) as Current
    // By their bytes: times change where a release is copied, and stay where a checkout goes back. A release has the sources
    // of its own processes alone; one that is gone elsewhere is no longer named by another, which has changed then.
    for (const [path, digest] of Object.entries(sources)) {
      const file = new URL(path, root)
      if (existsSync(file) && digestOf(readFileSync(file)) !== digest) return null
    }
    const chunk = entries[name]
    return chunk === undefined ? null : new URL(`${folder}/${chunk}`, dist)
  } catch {
    return null // none was made
  }
}
