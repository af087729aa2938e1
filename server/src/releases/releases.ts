import { readdir, readlink, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Static, Type } from 'typebox'
import { HttpError } from '../http/errors.ts'
import { nullable } from '../http/shapes.ts'
import type { Home } from './home.ts'
import { readJson, shaped } from './read-json.ts'

const NullableText = nullable(Type.String())
const KNOWN_STATES = ['good', 'bad', 'new'] as const

/** What the redeployer knows of a release. */
const EntryShape = Type.Object({
  ref: NullableText,
  commit: NullableText,
  signer: NullableText,
  version: NullableText,
  state: Type.String(),
  reason: NullableText,
  madeAt: Type.Number(),
  deployedAt: nullable(Type.Number()),
})
type Entry = Static<typeof EntryShape>
const LedgerShape = Type.Object({ releases: Type.Record(Type.String(), Type.Unknown()) })

/** A release whose files are all there; its times are in milliseconds UTC. */
export interface Release {
  id: string
  version: string
  ref: string | null
  /** Full id. */
  commit: string | null
  signer: string | null
  /** `new`: it was not on trial yet; `unknown`: it was installed by hand. */
  state: (typeof KNOWN_STATES)[number] | 'unknown'
  /** Why it is bad. */
  reason: string | null
  madeAt: number
  /** When it was kept last. */
  deployedAt: number | null
  /** The last one that was kept. */
  isTrusted: boolean
}

/** Of no other folder, and no way out of this one. */
const ID = /^[A-Za-z0-9][\w.+-]{0,199}$/
/** What nobody has named: `server-0.4.0-0123456789ab`. */
const VERSION_IN_ID = /^server-(.+)-[0-9a-f]+$/

/** The newest first. @throws HttpError 503 `releases_unreadable` */
export async function listReleases(home: Home): Promise<Release[]> {
  const names = await readdir(home.releases).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    const message = `${home.releases} cannot be read (${error.code}): give the server's user read access to it`
    throw new HttpError(503, 'releases_unreadable', message)
  })
  const ledger = await readLedger(home)
  const trusted = basename(await readlink(home.trusted).catch(() => ''))
  const found = await Promise.all(names.map((id) => releaseOf(home, id, ledger[id])))
  return found
    .filter((release) => release !== null)
    .map((release) => ({ ...release, isTrusted: release.id === trusted }))
    .sort((a, b) => b.madeAt - a.madeAt || (a.id < b.id ? 1 : -1))
}

/** @returns null where there is none of that name, or not all of it */
export async function findRelease(home: Home, id: string): Promise<Release | null> {
  return ID.test(id) ? ((await listReleases(home)).find((release) => release.id === id) ?? null) : null
}

async function readLedger(home: Home): Promise<Record<string, unknown>> {
  return (await readJson(home.ledger, LedgerShape))?.releases ?? {}
}

async function releaseOf(home: Home, id: string, noted: unknown): Promise<Omit<Release, 'isTrusted'> | null> {
  const made = ID.test(id) ? await stat(join(home.releases, id, 'complete')).catch(() => null) : null
  if (!made?.isFile()) return null
  // An entry of another shape says nothing that can be relied on.
  const entry: Partial<Entry> = shaped(JSON.stringify(noted ?? null), EntryShape) ?? {}
  const { ref = null, commit = null, signer = null, reason = null, deployedAt = null } = entry
  return {
    ...{ id, ref, commit, signer, reason, deployedAt },
    version: entry.version ?? VERSION_IN_ID.exec(id)?.[1] ?? id,
    state: KNOWN_STATES.find((state) => state === entry.state) ?? 'unknown',
    madeAt: entry.madeAt || Math.round(made.mtimeMs),
  }
}
