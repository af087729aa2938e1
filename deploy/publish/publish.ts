import { hash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BUILT, buildIn, packAgents } from './build.ts'
import { CHANGELOG, sectionOf, withSection } from './changelog.ts'
import { checkPush } from './push.ts'
import { Repository } from './repository.ts'
import { signFile, signingKey } from './signing-key.ts'
import { subjectsOf } from './subjects.ts'
import { nextVersion } from './version.ts'

/**
 * `npm run release`: makes a release of what is committed. On the branch there is a commit with the version and CHANGELOG.md
 * afterwards; a second one on top of it, on no branch, has also what is built; the signed tag leads to that one.
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Of files that are not committed. */
const MOST_NAMED = 5
/** What git says of a file stands before its name. */
const STATUS_LENGTH = 3
const AGENTS = ['arm64', 'x64', 'bare']
const USAGE = `npm run release -- VERSION [--key FILE] [--push REMOTE] [--agents WHICH]

  VERSION           patch, minor, major, or a version such as 1.2.3
  --key FILE        the SSH key that signs; else git config user.signingkey (deploy/KEYS.md)
  --push REMOTE     pushes branch and tag there, where that can be done
  --agents WHICH    agents to pack: of ${AGENTS.join(',')}, all of them without a word; none: no agent
`

interface Wanted {
  version: string
  key: string | null
  pushTo: string | null
  agents: string[]
}

function publish({ version: asked, key, pushTo, agents }: Wanted) {
  const work = mkdtempSync(join(tmpdir(), 'ajar-release-'))
  try {
    const signs = signingKey(key, ROOT, work)
    const repository = new Repository(ROOT, signs)
    const { branch, head } = startingPoint(repository)
    const before = JSON.parse(repository.git(['show', `${head}:package.json`])).version
    const version = nextVersion(before, asked)
    const tag = `v${version}`
    if (repository.git(['tag', '--list', tag]) !== '') throw new Error(`${tag} is there already`)
    const section = sectionOf(version, new Date().toISOString().slice(0, 10), newsOf(repository, head, before))
    if (pushTo !== null) checkPush(repository, { remote: pushTo, branch, head, tag })
    const index = join(work, 'index')
    const files = { ...manifestsWith(repository, head, before, version), ...changelogWith(repository, head, section) }
    const versioned = repository.commit(head, `Version ${version}`, files, index)

    // From what is committed alone, whatever lies about in the checkout.
    const tree = join(work, 'tree')
    mkdirSync(tree)
    repository.layOut(versioned, tree)
    console.log(`Building ${version}`)
    buildIn(tree)
    const built = repository.commitFolder(versioned, `Release ${version}: with what is built`, tree, BUILT, index)
    const folder = join(ROOT, 'deploy/publish/dist', tag)
    const packed = putAgents(packAgents(tree, ROOT, agents), folder, signs)
    repository.git(['tag', '--sign', '--cleanup=verbatim', '--message', `ajar ${version}\n\n${section}`, tag, built])
    try {
      repository.git(['merge', '--quiet', '--ff-only', versioned])
    } catch (error) {
      repository.git(['tag', '--delete', tag])
      throw error
    }
    console.log(
      `${tag} is signed, and leads to ${built}; ${branch} has ${versioned}, with the version and CHANGELOG.md.`,
    )
    if (packed.length > 0) console.log(`Beside it, to be offered for download:\n  ${packed.join('\n  ')}`)
    const push = ['push', '--atomic', pushTo ?? 'origin', branch, `refs/tags/${tag}`]
    const byHand = `git ${push.join(' ')}`
    if (pushTo === null) console.log(`To publish it:  ${byHand}`)
    else if (!repository.does(push)) throw new Error(`the release is made; only the push failed: ${byHand}`)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** @throws Error where something is not committed, or nothing is */
function startingPoint(repository: Repository): { branch: string; head: string } {
  const changed = repository.git(['status', '--porcelain']).split('\n').filter(Boolean)
  if (changed.length > 0) throw new Error(`the checkout has changes: commit them first (${firstOf(changed)})`)
  const branch = repository.git(['branch', '--show-current'])
  if (branch === '') throw new Error('the checkout is on no branch: git switch BRANCH')
  return { branch, head: repository.git(['rev-parse', 'HEAD']) }
}

/** @param changed lines of `git status --porcelain` */
function firstOf(changed: string[]): string {
  const named = changed.slice(0, MOST_NAMED).map((line) => line.slice(STATUS_LENGTH))
  return named.join(', ') + (changed.length > MOST_NAMED ? `, and ${changed.length - MOST_NAMED} more` : '')
}

/** @throws Error where nothing is new: the same again, unless it was only tried before */
function newsOf(repository: Repository, head: string, before: string): string[] | null {
  const subjects = subjectsOf(repository, head)
  if (subjects?.length === 0 && !before.includes('-')) throw new Error(`nothing is new since ${before}`)
  return subjects
}

/** Every package of ours has the same version; those that stand for one of others keep theirs. */
function manifestsWith(repository: Repository, head: string, before: string, version: string): Record<string, string> {
  const paths = repository.git(['ls-tree', '-r', '--name-only', head]).split('\n')
  const manifests = paths.filter((path) => basename(path) === 'package.json')
  const texts = manifests.map((path): [string, string] => [path, `${repository.git(['show', `${head}:${path}`])}\n`])
  const ours = texts.filter(([, text]) => JSON.parse(text).version === before)
  return Object.fromEntries(
    ours.map(([path, text]) => [path, text.replace(`"version": "${before}"`, `"version": "${version}"`)]),
  )
}

function changelogWith(repository: Repository, head: string, section: string): Record<string, string> {
  const isThere = repository.git(['ls-tree', head, CHANGELOG]) !== ''
  return { [CHANGELOG]: withSection(isThere ? `${repository.git(['show', `${head}:${CHANGELOG}`])}\n` : '', section) }
}

/** Archives with their digests, and the signature of those. */
function putAgents(archives: string[], folder: string, key: string): string[] {
  if (archives.length === 0) return []
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const sums = archives.map((archive) => {
    copyFileSync(archive, join(folder, basename(archive)))
    return `${hash('sha256', readFileSync(archive), 'hex')}  ${basename(archive)}\n`
  })
  const file = join(folder, 'SHA256SUMS')
  writeFileSync(file, sums.join(''))
  signFile(file, key)
  if (!existsSync(`${file}.sig`)) throw new Error(`${file} could not be signed`)
  return [...archives.map((archive) => join(folder, basename(archive))), file, `${file}.sig`]
}

function wantedBy(args: string[]): Wanted {
  const string = { type: 'string' } as const
  const options = { key: string, push: string, agents: string }
  const { positionals, values } = parseArgs({ args, options, allowPositionals: true })
  const [version, ...more] = positionals
  const agents = values.agents === 'none' ? [] : (values.agents?.split(',') ?? AGENTS)
  const unknown = agents.find((name) => !AGENTS.includes(name))
  if (version === undefined || more.length > 0) throw new Error('one version is expected')
  if (unknown !== undefined) throw new Error(`there is no agent for ${unknown}`)
  return { version, key: values.key ?? null, pushTo: values.push ?? null, agents }
}

let wanted: Wanted
try {
  wanted = wantedBy(process.argv.slice(2))
} catch (error) {
  console.error(`${(error as Error).message}\n\n${USAGE}`)
  process.exit(2)
}
try {
  publish(wanted)
} catch (error) {
  console.error(`ajar: ${(error as Error).message}`)
  process.exit(1)
}
