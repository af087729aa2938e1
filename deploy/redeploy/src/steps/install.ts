import { existsSync, globSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { noteRelease, readLedger } from '../home/ledger.ts'
import { workFolderOf } from '../home/work-folder.ts'
import { checkRoom } from '../programs/room.ts'
import { type Ended, runProgram } from '../programs/run-program.ts'
import { lastLines } from '../source/git.ts'
import { versionOf } from '../source/refs.ts'
import { readTree, type Tree } from '../source/tree.ts'
import { RedeployError, type Step, type StepContext } from '../step.ts'

/** A Raspberry Pi builds the console from its card. */
const LIMIT_MS = 1_200_000
const MIB = 1024 * 1024
/** What the packages take where nothing of them is there yet, and what the server keeps free for itself. */
const ROOM = { built: 1024 * MIB, sources: 1536 * MIB }
/** Of what a program prints, so much stands in the log. */
const MOST_LINES = 400
const ID = /^server-[\w.+-]+-[0-9a-f]{12}$/

/** Installs what the commit needs, builds what it does not bring, and makes a release of it. */
export const step: Step = async (context) => {
  const { home, run, request, log } = context
  const folder = workFolderOf(context)
  try {
    const tree = readTree(folder)
    checkVersion(run.ref, tree)
    await checkRoom(home.folder, tree.isBuilt ? ROOM.built : ROOM.sources)
    await installPackages(context, tree)
    if (!tree.isBuilt) await build(context, tree)
    const { id, isNew } = await makeRelease(context, tree)
    log('info', isNew ? `Release ${id} is made` : `Release ${id} is there already`)
    const { state, reason } = readLedger(home)[id] ?? {}
    if (state === 'bad' && !request.force)
      throw new RedeployError('release_bad', 'caller', `release ${id} is marked bad: ${reason ?? 'no reason is known'}`)
    const { ref, commit, signer } = run
    const { version } = tree
    noteRelease(home, id, { ref, commit, signer, version, ...(isNew ? { madeAt: Date.now() } : {}) })
    context.change({ release: id, version })
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** The name of a tag that nobody signed, or of a branch, is no proof: an older commit would pass for a newer version. */
function checkVersion(ref: string | null, { version }: Tree) {
  const named = versionOf(ref ?? '')
  if (named === null || named === `v${version}`) return
  throw new RedeployError('wrong_version', 'caller', `${ref} names a commit whose package.json has ${version}`)
}

/** Exactly what the lockfile says. Without what only builds, where nothing has to be built. */
async function installPackages(context: StepContext, { folder, pnpm, isBuilt }: Tree) {
  const only = isBuilt ? ['--prod'] : []
  const how = ['install', '--frozen-lockfile', '--config.confirm-modules-purge=false', ...only]
  // npx runs on our Node, whatever the machine has.
  const environment = { PATH: [dirname(process.execPath), process.env.PATH ?? ''].join(delimiter) }
  const ended = await run(context, folder, 'npx', ['--prefer-offline', '--yes', `pnpm@${pnpm}`, ...how], environment)
  if (ended.code === 0) return
  const all = `${ended.stdout}\n${ended.stderr}`
  const fault = /ERR_PNPM_\w*LOCKFILE/.test(all) ? 'release' : 'environment'
  throw new RedeployError('install_failed', fault, `the packages could not be installed: ${reasonIn(all)}`)
}

/** pnpm names the error first, and explains it in many lines. */
function reasonIn(said: string): string {
  const [error] = /ERR_PNPM_[\s\S]{1,500}/.exec(said) ?? []
  return error?.replaceAll(/\s+/g, ' ') ?? lastLines(said)
}

/** The console is needed; without reference or bundle the server runs as well. */
async function build(context: StepContext, tree: Tree) {
  if (!(await builds(context, tree, 'server/web/build.ts'))) throw failed('the console could not be built')
  if (!(await builds(context, tree, 'deploy/bundle/build.ts')))
    context.log('warn', 'The processes could not be bundled: they start from their sources, which takes longer')
  if (!(await builds(context, tree, 'docs/code/build.ts')))
    context.log('warn', 'The reference of the code could not be built: the server does without')
}

async function builds(context: StepContext, tree: Tree, script: string): Promise<boolean> {
  return (await runNode(context, tree, script)).code === 0
}

async function makeRelease(context: StepContext, tree: Tree): Promise<{ id: string; isNew: boolean }> {
  const { releases } = context.home
  await mkdir(releases, { recursive: true })
  const before = new Set(globSync('*/complete', { cwd: releases }))
  const { code, stdout, stderr } = await runNode(context, tree, 'deploy/release/make-release.ts', releases, '--link')
  const id = lastLines(stdout, 1)
  if (code !== 0 || !ID.test(id) || !existsSync(join(releases, id, 'complete')))
    throw failed(`no release could be made: ${lastLines(stderr || stdout)}`)
  return { id, isNew: !before.has(`${id}/complete`) }
}

function runNode(context: StepContext, { folder }: Tree, ...args: string[]): Promise<Ended> {
  return run(context, folder, join(folder, 'node_modules/.bin/node'), args)
}

function run(context: StepContext, cwd: string, program: string, args: string[], environment = {}): Promise<Ended> {
  let lines = 0
  const onLine = (line: string) => {
    lines += 1
    if (line.trim() !== '' && lines <= MOST_LINES) context.log('info', line)
  }
  const { signal } = context
  return runProgram(program, args, {
    cwd,
    environment: { NO_COLOR: '1', ...environment },
    signal,
    limitMs: LIMIT_MS,
    onLine,
  })
}

function failed(message: string): RedeployError {
  return new RedeployError('build_failed', 'release', message)
}
