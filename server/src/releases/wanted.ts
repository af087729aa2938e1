import { badRequest } from '../http/errors.ts'

/** What is to run: a tag, a branch or a commit, or a release that is there; both null: the newest version tag. */
export interface Wanted {
  ref: string | null
  release: string | null
  /** Also one that is marked bad. */
  force: boolean
}

/** As people name tags, branches and commits: far fewer than git allows, and nothing that is an option or a path. */
const REF = /^[A-Za-z0-9_][A-Za-z0-9_.+@/-]{0,199}$/
const NO_REF = /\.\.|\/\/|\/\.|\.lock(\/|$)|[./]$/

/** The redeployer judges it again. @throws HttpError 400 `bad_ref`, `ref_and_release` */
export function checkWanted({ ref, release }: Wanted) {
  if (ref !== null && release !== null)
    throw badRequest('ref_and_release', 'a ref of the repository or a release that is there: say one of the two')
  if (ref !== null && (!REF.test(ref) || NO_REF.test(ref)))
    throw badRequest('bad_ref', `${JSON.stringify(ref.slice(0, 60))} is no name of a tag, a branch or a commit`, 'ref')
}
