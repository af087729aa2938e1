import {
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { PutFile } from './put-file.ts'
import type { WorkspacePackage } from './workspace.ts'

/** pnpm keeps each package of others here, in a folder with links to what it needs: the links are the whole truth. */
const STORE = 'node_modules/.pnpm'

/** What of `node_modules` runs, within the checkout. */
export interface Installed {
  /** From our packages to what they need. */
  links: string[]
  /** Folders of the store. */
  stored: string[]
}

/**
 * Finds in the `node_modules` of `root` what `packages` need when they run, and nothing that only builds or tests them.
 * Needs no network and no package manager.
 * @throws Error that names what is missing though it is needed
 */
export function findInstalled(packages: WorkspacePackage[], root: string): Installed {
  const links: string[] = []
  const stored = new Set<string>()
  const missing: string[] = []
  for (const { folder, dependencies, optional } of packages) {
    for (const name of dependencies) {
      const link = join(folder, 'node_modules', name)
      if (existsSync(join(root, link))) {
        links.push(link)
        follow(join(root, link), root, stored)
      } else if (!optional.includes(name)) missing.push(`${name} (for ${folder || 'all'})`)
    }
  }
  for (const entry of stored) missing.push(...missingIn(entry, root))
  if (missing.length > 0) throw new Error(`node_modules lacks ${missing.join(', ')}: remove it and try again`)
  return { links, stored: [...stored].sort() }
}

/** Puts them into `target`. Links stay links, since all of them are relative. */
export function copyInstalled({ links, stored }: Installed, root: string, target: string, put: PutFile) {
  for (const link of links) copyLink(join(root, link), join(target, link))
  for (const entry of stored) copyFolder(join(root, STORE, entry), join(target, STORE, entry), put)
  copyHoisted(root, target)
}

function copyFolder(from: string, to: string, put: PutFile) {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, copy] = [join(from, entry.name), join(to, entry.name)]
    if (!isNeeded(source)) continue
    if (entry.isDirectory()) copyFolder(source, copy, put)
    else if (entry.isSymbolicLink()) copyLink(source, copy)
    else put(source, copy)
  }
}

/** Path and size of each file of `stored`: a library that was built later, or a copy that broke off, shows in them. */
export function* filesOfStored(stored: string[], root: string): Generator<string> {
  for (const entry of stored)
    for (const file of globSync('**/*', { cwd: join(root, STORE, entry) }).sort()) {
      const path = join(root, STORE, entry, file)
      const stat = lstatSync(path)
      if (stat.isFile() && isNeeded(path)) yield `${entry}/${file} ${stat.size}`
    }
}

/** Adds where `link` leads, and all that is needed there, to `stored`. */
function follow(link: string, root: string, stored: Set<string>) {
  if (!existsSync(link)) return // found by missingIn
  const [entry = '..'] = relative(realpathSync(join(root, STORE)), realpathSync(link)).split('/')
  if (entry === '..' || stored.has(entry)) return // one of ours, or known
  stored.add(entry)
  for (const next of linksIn(join(root, STORE, entry, 'node_modules'))) follow(next, root, stored)
}

/** What the packages in a folder of the store name and do not find. What is optional may be for another machine. */
function missingIn(entry: string, root: string): string[] {
  const modules = join(root, STORE, entry, 'node_modules')
  return globSync(['*/package.json', '@*/*/package.json'], { cwd: modules }).flatMap((manifest) => {
    const folder = dirname(join(modules, manifest))
    if (lstatSync(folder).isSymbolicLink()) return []
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    )
    return Object.keys(dependencies)
      .filter((name) => !(name in optionalDependencies))
      .filter((name) => ![modules, join(folder, 'node_modules')].some((place) => existsSync(join(place, name))))
      .map((name) => `${name} (for ${dirname(manifest)})`)
  })
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
  if (/\/node-linux-[^/]+\/(include|share)(\/|$)/.test(path)) return false
  const [, platform, cpu] = /\/onnxruntime-node\/bin\/[^/]+\/([^/]+)(?:\/([^/]+))?/.exec(path) ?? []
  return (platform ?? process.platform) === process.platform && (cpu ?? process.arch) === process.arch
}
