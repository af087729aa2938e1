import { CHANGELOG } from './changelog.ts'
import type { Repository } from './repository.ts'

/**
 * Subjects of the commits that no release has, newest first; null where there is no release yet.
 * @throws Error where releases were made, and their tags are not here
 */
export function subjectsOf(repository: Repository, head: string): string[] | null {
  if (repository.git(['tag', '--list', 'v[0-9]*']) === '') {
    if (repository.git(['ls-tree', head, CHANGELOG]) === '') return null
    throw new Error(`${CHANGELOG} names releases, and no tag of one is here: git fetch --tags`)
  }
  const log = repository.git(['log', '--no-merges', '--format=%s', head, '--not', '--tags=v[0-9]*'])
  return log.split('\n').filter(Boolean)
}
