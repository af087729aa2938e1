import { RedeployError } from '../step.ts'

/** Longer names are no names. */
const MOST_CHARACTERS = 200
/** Names of tags, branches and commits as people give them; far fewer than git allows. */
const CHARACTERS = /^[A-Za-z0-9_][A-Za-z0-9_.+@/-]*$/
/** What git forbids in a name, and what steps out of a folder. */
const FORBIDDEN = /\.\.|\/\/|\/\.|\.lock(\/|$)|[./]$/
const COMMIT = /^[0-9a-f]{7,64}$/i
const VERSION = /^v(\d+)\.(\d+)\.(\d+)$/

/** Before git sees it: a ref that is an option, a path or an expression never gets there. @throws RedeployError `bad_ref` */
export function checkRef(ref: string): void {
  if (ref.length <= MOST_CHARACTERS && CHARACTERS.test(ref) && !FORBIDDEN.test(ref)) return
  const shown = JSON.stringify(ref.length > 60 ? `${ref.slice(0, 60)}...` : ref)
  throw new RedeployError('bad_ref', 'caller', `${shown} is no name of a tag, a branch or a commit`)
}

/** Whether it may be a commit's id, whole or its first digits. */
export function isCommitId(ref: string): boolean {
  return COMMIT.test(ref)
}

/**
 * The newest of `tags` that is a version as `v1.2.3`, or null. One that is tried before it is released, as `v1.2.3-rc.1`,
 * runs only where it is asked for by its name.
 */
export function newestVersion(tags: string[]): string | null {
  const versions = tags.filter((tag) => VERSION.test(tag))
  return versions.sort(compareVersions).at(-1) ?? null
}

/** The version in the name of a tag or a release, such as `v1.2.3` or `server-1.2.3-0123456789ab`; null where there is none. */
export function versionOf(name: string): string | null {
  const [, version] = /^(?:v|server-)(\d+\.\d+\.\d+)(?:-[0-9a-f]{12})?$/.exec(name) ?? []
  return version === undefined ? null : `v${version}`
}

/** @param version as `v1.2.3`, the other too */
export function isOlder(version: string, other: string): boolean {
  return version !== other && compareVersions(version, other) < 0
}

/** Both match VERSION. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)]
  const differs = left.findIndex((part, index) => part !== right[index])
  if (differs === -1) return 0
  return (left[differs] ?? 0n) < (right[differs] ?? 0n) ? -1 : 1
}

function partsOf(version: string): bigint[] {
  return (VERSION.exec(version) ?? []).slice(1).map(BigInt)
}
