import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startBroker } from './broker.ts'
import { folderOf, temporaryFolder, until } from './places.ts'

const MAIN = join(import.meta.dirname, '../src/main.ts')

/** Runs the agent as a process of its own. */
function run(args: string[], environment: Record<string, string> = {}) {
  const child: ChildProcess = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...environment } })
  const output = { out: '', err: '' }
  child.stdout?.on('data', (text) => {
    output.out += text
  })
  child.stderr?.on('data', (text) => {
    output.err += text
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const machineLines = () =>
    output.out
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
  return { child, output, ended, machineLines }
}

async function configFile(fields: Record<string, unknown>): Promise<string> {
  const path = join(await temporaryFolder(), 'agent.json')
  await writeFile(path, JSON.stringify({ device: 'pi', token: 'secret', dataDir: await temporaryFolder(), ...fields }))
  return path
}

test('a bad config: every error at once on standard error, exit code 2', async () => {
  const path = await configFile({ device: 'UPPER', extra: 1, cameras: [] })
  const { ended, output } = run([path])
  expect(await ended).toEqual({ code: 2, signal: null })
  for (const part of ['3 error(s)', 'device must', 'unknown field extra', 'cameras must']) {
    expect(output.err).toContain(part)
  }
})

test('without a config it says how to name one', async () => {
  const { ended, output } = run([], { AJAR_AGENT_CONFIG: '' })
  expect(await ended).toEqual({ code: 2, signal: null })
  expect(output.err).toContain('CONFIG.json')
})

test('a data folder that cannot be used is said in words, exit code 1', async () => {
  const folder = await folderOf({ file: '' })
  const cameras = [{ name: 'cam', driver: 'synthetic' }]
  for (const dataDir of [join(folder, 'file'), '/proc/none/such']) {
    const { ended, output } = run([await configFile({ dataDir, cameras })])
    expect(await ended).toEqual({ code: 1, signal: null })
    expect(output.err).toContain('check that dataDir exists')
  }
})

test('a config is not said to be good that names a CA which is missing, or a data folder that can never be', async () => {
  const folder = await folderOf({ file: '' })
  const cameras = [{ name: 'cam', driver: 'synthetic' }]
  const bad = {
    server: 'mqtts://localhost',
    ca: join(folder, 'none.pem'),
    dataDir: join(folder, 'file', 'data'),
    cameras,
  }
  const both = run(['--check', await configFile(bad)])
  expect(await both.ended).toEqual({ code: 2, signal: null })
  expect(both.output.err).toMatch(/none\.pem cannot be used/)
  expect(both.output.err).toMatch(/dataDir: .*file\/data: a part of this path is no folder/)
  for (const dataDir of [join(folder, 'file'), '/proc/none/such']) {
    const { ended, output } = run(['--check', await configFile({ dataDir, cameras })])
    expect(await ended).toEqual({ code: 2, signal: null })
    expect(output.err).toContain(`dataDir: ${dataDir}`)
  }
  const good = run(['--check', await configFile({ dataDir: join(folder, 'not', 'yet'), cameras })])
  expect(await good.ended).toEqual({ code: 0, signal: null })
})

test('a second agent on the same data folder is refused, by whatever path, until the first has ended in any way', async () => {
  const dataDir = await temporaryFolder()
  const cameras = [{ name: 'cam', driver: 'synthetic', intervalMs: 50 }]
  const server = 'mqtt://127.0.0.1:1'
  const config = await configFile({ server, dataDir, cameras })
  const first = run([config])
  const started = ({ machineLines }: typeof first) => machineLines().some(({ agent }) => agent.state === 'started')
  await until(() => started(first))
  const link = join(await temporaryFolder(), 'link')
  await symlink(dataDir, link)
  const second = run([await configFile({ server, dataDir: link, cameras })])
  expect(await second.ended).toEqual({ code: 1, signal: null })
  expect(second.output.err).toContain('another agent uses the data folder')
  first.child.kill('SIGKILL')
  await first.ended
  const third = run([config])
  await until(() => started(third))
})

test('machine lines tell what happens, and SIGTERM ends it cleanly', async () => {
  const broker = await startBroker()
  onTestFinished(() => broker.close())
  const path = await folderOf({ 'a.jpg': 'a', 'b.jpg': 'b' })
  const cameras = [{ name: 'cam', driver: 'folder', path, speed: 'max' }]
  const config = await configFile({ server: `mqtt://127.0.0.1:${broker.port}`, cameras })
  const { child, ended, machineLines } = run([], { AJAR_AGENT_CONFIG: config })
  await until(() => machineLines().some(({ agent }) => agent.state === 'drained'))
  child.kill('SIGTERM')
  child.kill('SIGINT') // a second word does not cut the end in order short
  expect(await ended).toEqual({ code: 0, signal: null })
  const states = machineLines().map(({ agent }) => agent.state)
  expect(states.toSorted()).toEqual(['connected', 'disconnected', 'drained', 'ended', 'started', 'stopped'])
  expect(broker.retained.get('ajar/pi/status')).toBe('{"state":"offline"}')
})

const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** What the outbox on disk holds: topic and contents of each frame. */
async function outboxOf(dataDir: string): Promise<string[]> {
  const folder = join(dataDir, 'outbox')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jpg'))
  return await Promise.all(
    names.map(async (name) => {
      const [camera, time] = name.split('.')
      return `ajar/pi/${camera}/frame/${time} ${sha(await readFile(join(folder, name)))}`
    }),
  )
}

test('a login in the address of the server is in no line of the log', async () => {
  const cameras = [{ name: 'cam', driver: 'synthetic' }]
  const { output } = run([await configFile({ server: 'mqtt://me:pa55@word@127.0.0.1:1', cameras })])
  await until(() => output.err.includes('cannot be reached') && output.out.includes('publishes cam to'))
  expect(output.out + output.err).not.toMatch(/pa55|word/)
})

test('nobody else on the machine reads the outbox', async () => {
  const dataDir = join(await temporaryFolder(), 'made')
  const cameras = [{ name: 'cam', driver: 'synthetic', intervalMs: 50 }]
  run([await configFile({ server: 'mqtt://127.0.0.1:1', dataDir, cameras })])
  const outbox = join(dataDir, 'outbox')
  const frames = () => (existsSync(outbox) ? readdirSync(outbox) : [])
  await until(() => frames().some((name) => name.endsWith('.jpg')))
  const names = [dataDir, outbox, ...frames().map((name) => join(outbox, name))]
  for (const name of names) {
    const found = await stat(name).catch(() => null) // a temporary file may be gone
    if (found) expect(found.mode & 0o077).toBe(0)
  }
})

test('SIGKILL in mid-stream, again and again: what the outbox held arrives, with the same id and bytes', {
  timeout: 120_000,
}, async () => {
  const broker = await startBroker()
  onTestFinished(() => broker.close())
  const dataDir = await temporaryFolder()
  const names = Array.from({ length: 97 }, (_, i) => [`${i}.jpg`, Buffer.alloc(20_000 + i, i)])
  const pictures = await folderOf(Object.fromEntries(names))
  const camera = { driver: 'folder', path: pictures, loop: true }
  const cameras = [
    { name: 'fast', ...camera, speed: 'max' },
    { name: 'slow', ...camera, intervalMs: 7 },
  ]
  const config = await configFile({ server: `mqtt://127.0.0.1:${broker.port}`, dataDir, cameras })
  const kept = new Set<string>()
  for (let round = 0; round < 6; round++) {
    // In every second round the server takes some frames and then acknowledges none.
    let taken = 0
    broker.decide((topic) =>
      round % 2 === 0 || !topic.includes('/frame/') || taken++ < 30 ? true : new Promise(() => {}),
    )
    const before = broker.received.length
    const { child, ended } = run([config])
    await until(() => broker.received.length >= before + 25)
    child.kill('SIGKILL')
    expect(await ended).toEqual({ code: null, signal: 'SIGKILL' })
    for (const frame of await outboxOf(dataDir)) kept.add(frame)
  }
  broker.decide(() => true)
  const last = run([
    await configFile({ server: `mqtt://127.0.0.1:${broker.port}`, dataDir, cameras: cameras.slice(0, 1) }),
  ])
  const arrived = () => new Set(broker.received.map(({ topic, sha256 }) => `${topic} ${sha256}`))
  await until(() => kept.isSubsetOf(arrived()))
  last.child.kill('SIGTERM')
  await last.ended
  expect(kept.size).toBeGreaterThan(20)
  // No id came with two contents.
  expect(arrived().size).toBe(new Set(broker.received.map(({ topic }) => topic)).size)
})
