import { RedeployError } from '../step.ts'
import { answerOf, type Git } from './git.ts'
import { checkRef, isCommitId, newestVersion } from './refs.ts'

/** What a ref names in the repository of releases. */
export interface Revision {
  kind: 'tag' | 'branch' | 'commit'
  /** As it was asked for; the tag's name where the newest version was. */
  name: string
  /** Id of what the ref stands for: of an annotated tag that tag's own, else the commit's. */
  object: string
  isAnnotatedTag: boolean
  /** Full id. */
  commit: string
}

/**
 * Finds what `ref` names: a commit by its id, a tag, a branch, in this order, so that no tag can pass itself off as a commit; null: the
 * newest version.
 * @throws RedeployError `bad_ref`, `unknown_ref`
 */
export async function revisionOf(git: Git, ref: string | null): Promise<Revision> {
  if (ref === null) return tagOf(git, await newestTag(git))
  checkRef(ref)
  const commit = isCommitId(ref) ? await commitOf(git, ref.toLowerCase()) : null
  if (commit !== null) return { kind: 'commit', name: ref, object: commit, isAnnotatedTag: false, commit }
  const found = (await named(git, 'tag', ref)) ?? (await named(git, 'branch', ref))
  if (found === null) throw unknown(`${ref} is no tag, branch or commit of the remote`)
  return found
}

async function newestTag(git: Git): Promise<string> {
  const names = await answerOf(git, ['for-each-ref', '--format=%(refname:lstrip=2)', 'refs/tags/v*'])
  const newest = newestVersion(names.split('\n'))
  if (newest === null) throw unknown('the remote has no tag of a version, such as v1.2.3: name a branch or a commit')
  return newest
}

async function tagOf(git: Git, name: string): Promise<Revision> {
  const found = await named(git, 'tag', name)
  if (found === null) throw unknown(`${name} is no tag of the remote`)
  return found
}

async function named(git: Git, kind: 'tag' | 'branch', name: string): Promise<Revision | null> {
  const full = `refs/${kind === 'tag' ? 'tags' : 'heads'}/${name}`
  const format = '--format=%(refname) %(objecttype) %(objectname) %(*objecttype) %(*objectname)'
  // Also what is below a folder of that name is listed.
  const lines = (await answerOf(git, ['for-each-ref', format, full])).split('\n')
  const [, type, object = '', peeledType, peeled = ''] =
    lines.map((line) => line.split(' ')).find(([refname]) => refname === full) ?? []
  if (type === undefined) return null
  const isAnnotatedTag = type === 'tag'
  if ((isAnnotatedTag ? peeledType : type) !== 'commit')
    throw new RedeployError('bad_ref', 'caller', `the ${kind} ${name} names no commit`)
  return { kind, name, object, isAnnotatedTag, commit: isAnnotatedTag ? peeled : object }
}

/** Of what branches and tags hold: what was taken out of them is still in the repository, and is no longer offered. */
async function commitOf(git: Git, digits: string): Promise<string | null> {
  const commits: string[] = []
  for (const object of linesOf(await answerOf(git, ['rev-parse', `--disambiguate=${digits}`]))) {
    const { code, stdout } = await git(['cat-file', '-t', object])
    if (code !== 0 || stdout.trim() !== 'commit') continue
    const holders = ['for-each-ref', '--count=1', '--format=%(refname)', `--contains=${object}`]
    if (linesOf(await answerOf(git, holders)).length > 0) commits.push(object)
  }
  if (commits.length > 1) throw unknown(`${digits} are the first digits of ${commits.length} commits: give more`)
  return commits[0] ?? null
}

function linesOf(text: string): string[] {
  return text.split('\n').filter(Boolean)
}

function unknown(message: string): RedeployError {
  return new RedeployError('unknown_ref', 'caller', message)
}
