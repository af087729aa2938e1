import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WorkspacePackage } from './workspace.ts'

/** What every release has beside its packages: what it is, what pins it, and what installs it. */
const ALWAYS = [
  'package.json',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'LICENSE',
  'README.md',
  'deploy/{install.sh,README.md,KEYS.md}',
  'deploy/{systemd,release}/*',
]
/** The reference of the code, for people. */
export const CODE_DOCS = 'docs/code/dist/'
/** What is built for the server to serve. */
const BUILT = ['server/web/dist/**/*', `${CODE_DOCS}**/*`]
/** Older bundles lie beside the newest one. */
const BUNDLE = 'deploy/bundle/dist/'
const NOT_SOURCE = new Set(['node_modules', 'test', 'dist', 'data'])

/** The files of a release, within `root`, sorted: sources of `packages`, what was built, what installs them. No package of others. */
export function filesOf(packages: WorkspacePackage[], root: string): string[] {
  const files = new Set([...ALWAYS, ...BUILT, ...newestBundle(root)].flatMap((pattern) => filesIn(pattern, root, [])))
  for (const { folder } of packages) for (const file of sourcesOf(folder, root)) files.add(file)
  return [...files].sort()
}

function newestBundle(root: string): string[] {
  const current = join(root, BUNDLE, 'current.json')
  if (!existsSync(current)) return []
  return [`${BUNDLE}current.json`, `${BUNDLE}${JSON.parse(readFileSync(current, 'utf8')).folder}/*`]
}

/** A folder with a package.json of its own is another package. */
function sourcesOf(folder: string, root: string): string[] {
  const exclude = [...NOT_SOURCE].map((name) => `${folder}**/${name}/**`)
  const files = filesIn(`${folder}**/*`, root, exclude)
  const others = files
    .filter((file) => file.endsWith('/package.json') && file !== join(folder, 'package.json'))
    .map((file) => file.slice(0, -'package.json'.length))
  return files.filter((file) => !others.some((other) => file.startsWith(other)))
}

function filesIn(pattern: string, root: string, exclude: string[]): string[] {
  if (pattern.includes('**') && !existsSync(join(root, pattern.slice(0, pattern.indexOf('**'))))) return []
  return globSync(pattern, { cwd: root, exclude, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
}
