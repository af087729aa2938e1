import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { published } from './published.ts'
import { agentScript, noticeOf } from './script.ts'

export { published }

/**
 * `node build.ts [WHICH ...]`: the agent for machines without a checkout, in `edge-agent/dist/`: a folder
 * `ajar-agent-VERSION` with one script, koffi for every Raspberry Pi and for x64, and what installs them as a service. A .tgz of
 * it with Node for each WHICH that is a machine (arm64, x64), one without for `bare`; without a word one for arm64, which is what
 * nearly every Pi is.
 *
 * `node build.ts --here FOLDER`: just the folder, with koffi of this machine alone. It needs no network: install.sh asks for it.
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const DIST = fileURLToPath(new URL('../dist/', import.meta.url))
/** Machines, as Node calls them, that koffi has a library for and an agent may run on. */
const KOFFI_MACHINES = ['x64', 'arm64', 'arm']
/** Those that Node comes for from the npm registry, in the version that the lockfile pins. */
const NODE_MACHINES = ['x64', 'arm64']
/** The archive without Node. */
const BARE = 'bare'
/** What a release of the agent has from the checkout, and where. */
const COPIED: Record<string, string> = {
  'deploy/install.sh': 'deploy/install.sh',
  'deploy/release/agent.sh': 'deploy/release/agent.sh',
  'deploy/release/releases.sh': 'deploy/release/releases.sh',
  'deploy/release/settings.sh': 'deploy/release/settings.sh',
  'deploy/release/start.sh': 'deploy/release/start.sh',
  'deploy/release/units.sh': 'deploy/release/units.sh',
  'deploy/systemd/ajar-agent.service': 'deploy/systemd/ajar-agent.service',
  'deploy/systemd/ajar-alarm@.service': 'deploy/systemd/ajar-alarm@.service',
  'deploy/systemd/ajar-retry@.service': 'deploy/systemd/ajar-retry@.service',
  'deploy/systemd/ajar-retry@.timer': 'deploy/systemd/ajar-retry@.timer',
  'deploy/systemd/ajar-wanted@.target': 'deploy/systemd/ajar-wanted@.target',
  'deploy/systemd/alarm.sh': 'deploy/systemd/alarm.sh',
  'deploy/systemd/may-alarm.sh': 'deploy/systemd/may-alarm.sh',
  'deploy/systemd/redeployed.sh': 'deploy/systemd/redeployed.sh',
  'deploy/systemd/hardware-watchdog.conf': 'deploy/systemd/hardware-watchdog.conf',
  'deploy/systemd/agent.json.example': 'deploy/systemd/agent.json.example',
  'edge-agent/build/install.sh': 'install.sh',
  'edge-agent/build/README.md': 'README.md',
  LICENSE: 'LICENSE',
}
/** What of koffi runs. */
const KOFFI_FILES = [
  'package.json',
  'LICENSE.txt',
  'index.cjs',
  'index.js',
  'src/koffi/index.cjs',
  'src/koffi/index.js',
  'src/koffi/src/static.cjs',
  'src/koffi/src/static.js',
]
const run = promisify(execFile)

const USAGE = `npm run build:agent [-- WHICH ...] packs the agent for machines without a checkout, into edge-agent/dist/:

  arm64   for a Raspberry Pi with a 64-bit system, with Node (what is packed without a word)
  x64     for a PC, with Node
  bare    for any of them, and for 32-bit ARM: without Node, 22 or later has to be there
`

/** `which` as the usage has it. @returns the folder, and what was packed of it */
export async function buildAgent(which: string[] = [BARE]): Promise<{ folder: string; archives: string[] }> {
  const { version } = await manifest(ROOT)
  const folder = join(DIST, `ajar-agent-${version}`)
  await rm(folder, { recursive: true, force: true })
  await layOut(folder, KOFFI_MACHINES)
  const archives = which.includes(BARE) ? [await pack(folder, `${folder}.tgz`)] : []
  for (const machine of which.filter((name) => name !== BARE)) {
    await putNode(folder, machine)
    archives.push(await pack(folder, `${folder}-${machine}.tgz`))
    await rm(join(folder, 'bin'), { recursive: true })
  }
  return { folder, archives }
}

/** The folder alone, for this machine; it needs no network. */
export async function buildAgentHere(folder: string): Promise<void> {
  await layOut(folder, [process.arch])
}

async function layOut(folder: string, koffiMachines: string[]) {
  await mkdir(folder, { recursive: true })
  const { code, packages } = await agentScript()
  await writeFile(join(folder, 'ajar-agent.mjs'), code)
  await writeFile(join(folder, 'LICENSES-OF-OTHERS.md'), await noticeOf(packages))
  const { version, license } = await manifest(ROOT)
  const said = { name: 'ajar-agent', version, license, private: true, type: 'module', main: 'ajar-agent.mjs' }
  await writeFile(join(folder, 'package.json'), `${JSON.stringify({ ...said, engines: { node: '>=22' } }, null, 2)}\n`)
  for (const [from, to] of Object.entries(COPIED)) await cp(join(ROOT, from), join(folder, to))
  await putKoffi(folder, koffiMachines)
}

/** Its scripts, and its libraries for glibc; what it would be compiled from stays behind. */
async function putKoffi(folder: string, machines: string[]) {
  const resolved = createRequire(import.meta.resolve('@ajar/edge-agent')).resolve('koffi')
  const koffi = await realpath(dirname(resolved))
  const { version } = await manifest(koffi)
  const target = join(folder, 'node_modules')
  for (const file of KOFFI_FILES) await cp(join(koffi, file), join(target, 'koffi', file))
  for (const machine of machines) {
    const name = `@koromix/koffi-linux-${machine}`
    const installed = join(koffi, '..', name)
    const library = machine === process.arch ? await realpath(installed) : await published(name, version)
    const notMusl = (path: string) => !/\/musl_[^/]+$/.test(path)
    await cp(library, join(target, name), { recursive: true, filter: notMusl })
  }
}

async function putNode(folder: string, machine: string) {
  const name = `node-linux-${machine}`
  const { optionalDependencies } = await manifest(ROOT)
  const node = await published(name, optionalDependencies[name])
  await cp(join(node, 'bin/node'), join(folder, 'bin/node'))
  await cp(join(node, 'LICENSE'), join(folder, 'bin/LICENSE'))
}

/** The same files give the same bytes. */
async function pack(folder: string, archive: string): Promise<string> {
  const same = ['--sort=name', '--mtime=2026-01-01 00:00:00Z', '--owner=0', '--group=0', '--numeric-owner']
  const order = [...same, '--mode=u+rw,go=rX', '--use-compress-program=gzip -9n', '-cf', archive]
  await run('tar', [...order, '-C', dirname(folder), folder.slice(dirname(folder).length + 1)])
  return archive
}

async function manifest(folder: string) {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
}

if (import.meta.main) {
  const [first, ...rest] = process.argv.slice(2)
  if (first === '--here') {
    const [folder] = rest
    if (folder === undefined) throw new Error('node build.ts --here FOLDER')
    await buildAgentHere(folder)
  } else {
    const which = process.argv.slice(2)
    const strangers = which.filter((name) => ![BARE, ...NODE_MACHINES].includes(name))
    if (strangers.length > 0) {
      const isHelp = strangers.every((name) => name === '--help' || name === '-h')
      if (!isHelp) console.error(`there is nothing to pack for ${strangers.join(', ')}\n`)
      console[isHelp ? 'log' : 'error'](USAGE)
      process.exit(isHelp ? 0 : 2)
    }
    for (const archive of (await buildAgent(which.length > 0 ? which : ['arm64'])).archives) console.log(archive)
  }
}
