import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, realpathSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { WorkspacePackage } from './workspace.ts'

/** pnpm keeps each package of others here, in a folder with links to what it needs: the links are the whole truth. */
const STORE = 'node_modules/.pnpm'

/**
 * Copies from the `node_modules` of `root` what `packages` need when they run, and nothing that only builds or tests them.
 * Needs no network and no package manager. Links stay links, since all of them are relative.
 */
export function copyInstalled(packages: WorkspacePackage[], root: string, target: string) {
  const stored = new Set<string>()
  for (const { folder, dependencies } of packages) {
    for (const name of dependencies) {
      const link = join(folder, 'node_modules', name)
      // Optional, and not for this machine; what is missing though it is needed is found by the check of the release.
      if (!existsSync(join(root, link))) continue
      copyLink(join(root, link), join(target, link))
      follow(join(root, link), root, stored)
    }
  }
  for (const entry of stored) {
    mkdirSync(join(target, STORE), { recursive: true })
    cpSync(join(root, STORE, entry), join(target, STORE, entry), {
      recursive: true,
      verbatimSymlinks: true,
      filter: isNeeded,
    })
  }
  copyHoisted(root, target)
}

/** Adds where `link` leads, and all that is needed there, to `stored`. */
function follow(link: string, root: string, stored: Set<string>) {
  const [entry = '..'] = relative(realpathSync(join(root, STORE)), realpathSync(link)).split('/')
  if (entry === '..' || stored.has(entry)) return // one of ours, or known
  stored.add(entry)
  for (const next of linksIn(join(root, STORE, entry, 'node_modules'))) follow(next, root, stored)
}

/** Some packages load what they do not name; pnpm lets them find it here. */
function copyHoisted(root: string, target: string) {
  const folder = join(root, STORE, 'node_modules')
  if (!existsSync(folder)) return
  for (const link of linksIn(folder)) {
    const copy = join(target, relative(root, link))
    if (existsSync(join(dirname(copy), readlinkSync(link)))) copyLink(link, copy)
  }
}

function linksIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (name.startsWith('@') && !lstatSync(path).isSymbolicLink()) return linksIn(path)
    return lstatSync(path).isSymbolicLink() ? [path] : []
  })
}

function copyLink(from: string, to: string) {
  mkdirSync(dirname(to), { recursive: true })
  symlinkSync(readlinkSync(from), to)
}

/** onnxruntime-node brings its libraries for every system, Node the headers for building on it. */
function isNeeded(path: string): boolean {
  if (/\/node-linux-[^/]+\/(include|share)$/.test(path)) return false
  const [, platform, cpu] = /\/onnxruntime-node\/bin\/[^/]+\/([^/]+)(?:\/([^/]+))?/.exec(path) ?? []
  return (platform ?? process.platform) === process.platform && (cpu ?? process.arch) === process.arch
}
