import type { Repository } from './repository.ts'

export interface Push {
  remote: string
  branch: string
  /** The commit that the release is made of. */
  head: string
  tag: string
}

/** Before anything is made: a push that fails would leave it half published. @throws Error that says why it would fail */
export function checkPush(repository: Repository, { remote, branch, head, tag }: Push) {
  const refs = refsOf(repository, remote, [`refs/heads/${branch}`, `refs/tags/${tag}`])
  if (refs.has(`refs/tags/${tag}`)) throw new Error(`${remote} has ${tag} already: git fetch --tags ${remote}`)
  const there = refs.get(`refs/heads/${branch}`)
  if (there !== undefined && !isWithin(repository, there, head))
    throw new Error(`${remote} has commits on ${branch} that are not here: git pull ${remote} ${branch}`)
}

/** @returns the commit or tag that each ref leads to there */
function refsOf(repository: Repository, remote: string, names: string[]): Map<string, string> {
  let listed: string
  try {
    listed = repository.git(['ls-remote', '--refs', '--', remote, ...names])
  } catch {
    throw new Error(`nothing was made, as ${remote} cannot be reached: git remote -v lists those that are known`)
  }
  const lines = listed.split('\n').filter(Boolean)
  return new Map(lines.map((line) => line.split('\t')).map(([id = '', name = '']) => [name, id]))
}

function isWithin(repository: Repository, commit: string, head: string): boolean {
  const isHere = !repository.git(['cat-file', '--batch-check'], { input: commit }).endsWith(' missing')
  return isHere && repository.does(['merge-base', '--is-ancestor', commit, head])
}
