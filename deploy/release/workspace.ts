import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A package of this repository. */
export interface WorkspacePackage {
  /** Within the repository. */
  folder: string
  /** What it needs when it runs, ours and others'. */
  dependencies: string[]
  /** Those of them that may be missing: another kind of machine needs them. */
  optional: string[]
}

/** All packages that those of `names` need when they run, themselves among them. */
export function neededBy(names: string[], root: string): WorkspacePackage[] {
  const all = workspace(root)
  const needed = new Map<string, WorkspacePackage>()
  const add = (name: string) => {
    const found = all.get(name)
    if (!found || needed.has(name)) return
    needed.set(name, found)
    found.dependencies.forEach(add)
  }
  names.forEach(add)
  return [...needed.values()]
}

function workspace(root: string): Map<string, WorkspacePackage> {
  const exclude = (path: string) => path.endsWith('node_modules')
  const manifests = globSync('**/package.json', { cwd: root, exclude }).map((path) => {
    const folder = path.slice(0, -'package.json'.length)
    return [folder, JSON.parse(readFileSync(join(root, path), 'utf8'))] as const
  })
  return new Map(
    manifests.map(([folder, { name, dependencies, optionalDependencies }]) => [
      name,
      {
        folder,
        dependencies: Object.keys({ ...dependencies, ...optionalDependencies }),
        optional: Object.keys(optionalDependencies ?? {}),
      },
    ]),
  )
}
