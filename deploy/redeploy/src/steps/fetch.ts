import { existsSync, globSync, statSync } from 'node:fs'
import { mkdir, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { hiderOf, withoutSecrets } from '../programs/without-secrets.ts'
import { answerOf, type Git, gitOf, lastLines } from '../source/git.ts'
import { checkRef, isOlder, versionOf } from '../source/refs.ts'
import { revisionOf } from '../source/revision.ts'
import { RedeployError, type Step, type StepContext } from '../step.ts'

const LIMIT_MS = 600_000
/** A line that stands still for so long is taken for dead. */
const STILL_S = 30
/** The disk may be the one that frames come to, and whoever writes to the remote decides how much there is of it. */
const SPARE_BYTES = 1024 * 1024 * 1024
/** What a file that may get no longer is short of its limit at most. */
const ROUNDED_BYTES = 1024
const BRANCHES_AND_TAGS = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*']

/**
 * Fetches all branches and tags of the remote, and finds the commit that is asked for.
 * @param spareBytes stay free on the disk, whatever the remote holds
 */
export function fetch(spareBytes = SPARE_BYTES): Step {
  return (context) => fetchAndFind(context, spareBytes)
}

export const step = fetch()

async function fetchAndFind(context: StepContext, spareBytes: number) {
  const { settings, request, home, log } = context
  if (request.ref !== null) checkRef(request.ref)
  if (settings.remote === null)
    throw new RedeployError('no_remote', 'caller', 'no repository is configured: set AJAR_RELEASE_REMOTE_URL')
  const git = gitOf(context)
  log('info', `Fetching from ${withoutSecrets(settings.remote)}`)
  await fetchAll(git, home.repository, { address: settings.remote, spareBytes })
  const { kind, name, commit } = await revisionOf(git, request.ref)
  log('info', `${kind === 'commit' ? 'Commit' : `The ${kind} ${name} is commit`} ${commit}`)
  if (request.ref === null) checkNewest(name, context.run.from)
  context.change({ ref: name, commit })
}

/** Whoever removes tags from the remote decides which is the newest: that way it leads to no older one than runs. */
function checkNewest(tag: string, running: string | null) {
  const [newest, runs] = [versionOf(tag), versionOf(running ?? '')]
  if (newest === null || runs === null || !isOlder(newest, runs)) return
  const message = `the newest version of the remote, ${tag}, is older than ${running}, which runs: name it if it is meant`
  throw new RedeployError('not_newer', 'caller', message)
}

interface Remote {
  address: string
  spareBytes: number
}

/**
 * A repository that a power cut damaged is fetched anew, where the remote answers. One that is whole stays: the disk may be full,
 * or the remote's own objects no good.
 */
async function fetchAll(git: Git, repository: string, remote: Remote) {
  const failed = await tryToFetch(git, repository, remote)
  if (failed === null) return
  const { address } = remote
  if ((await isDamaged(git)) && (await answers(git, address))) {
    await rm(repository, { recursive: true, force: true })
    if ((await tryToFetch(git, repository, remote)) === null) return
  }
  throw new RedeployError('fetch_failed', 'environment', `${withoutSecrets(address)}: ${failed}`)
}

/** Everything that its branches and tags lead to is looked at: also what git does not look at when it fetches. */
async function isDamaged(git: Git): Promise<boolean> {
  const { code } = await git(['fsck', '--no-progress', '--no-dangling'], { limitMs: LIMIT_MS })
  return code !== 0
}

async function answers(git: Git, address: string): Promise<boolean> {
  const { code } = await git(['ls-remote', '--quiet', 'origin'], optionsFor(address))
  return code === 0
}

/** @returns what git says where it fails */
async function tryToFetch(git: Git, repository: string, { address, spareBytes }: Remote): Promise<string | null> {
  await prepare(git, repository)
  const how = ['--force', '--prune', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--quiet']
  const { bavail, bsize } = await statfs(repository)
  const mostBytes = Math.max(0, bavail * bsize - spareBytes)
  const options = { ...optionsFor(address), mostBytes }
  const { code, stderr } = await git(['fetch', ...how, 'origin', ...BRANCHES_AND_TAGS], options)
  if (code !== 0 && reached(mostBytes, repository)) {
    await removeHalves(repository)
    const most = `more than the ${Math.round(mostBytes / 1e6)} MB that may be filled at ${repository}`
    throw new RedeployError('no_room', 'environment', `${withoutSecrets(address)} holds ${most}: make room`)
  }
  return code === 0 ? null : hiderOf(address)(lastLines(stderr))
}

/** git itself only says that its program ended. */
function reached(bytes: number, repository: string): boolean {
  const halves = globSync('objects/pack/tmp_*', { cwd: repository })
  return halves.some((half) => statSync(join(repository, half)).size >= bytes - ROUNDED_BYTES)
}

async function prepare(git: Git, repository: string) {
  if (!existsSync(join(repository, 'HEAD'))) {
    await rm(repository, { recursive: true, force: true })
    await mkdir(repository, { recursive: true })
    // Without a template: it brings hooks.
    await answerOf(git, ['init', '--quiet', '--bare', '--template='])
  }
  await removeHalves(repository)
}

/** A git that was killed leaves them, and nobody else writes here: the redeployer's lock is ours. */
async function removeHalves(repository: string) {
  const locks = ['*.lock', 'refs/**/*.lock', 'objects/**/*.lock']
  for (const half of globSync([...locks, 'objects/pack/tmp_*', 'objects/*/tmp_obj_*'], { cwd: repository }))
    await rm(join(repository, half), { force: true })
}

/** The address may hold a password: it goes by the environment, into no file and no list of processes. */
function optionsFor(address: string) {
  return {
    limitMs: LIMIT_MS,
    config: { 'http.lowSpeedLimit': '1000', 'http.lowSpeedTime': String(STILL_S) },
    environment: { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'remote.origin.url', GIT_CONFIG_VALUE_0: address },
  }
}
