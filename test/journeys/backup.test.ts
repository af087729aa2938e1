import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { needs } from '../setup/needs.ts'
import { randomFrom } from './chance.ts'
import { readKept, readPending } from './kept.ts'
import { framesOf, PersistentClient } from './persistent-client.ts'
import { door } from './pictures.ts'
import { openSmallDisk } from './small-disk.ts'
import { System, until } from './system.ts'
import { Wire } from './wire.ts'

/** Backups of a server that takes frames all the while, made, killed and restored by the commands themselves. */

const SLOW = { timeout: 400_000 }
const KILLS = 4
const CAMERA = { device: 'client', camera: 'cam' }
const command = (name: string) => fileURLToPath(new URL(`../../server/src/${name}-process.ts`, import.meta.url))

/** Runs a command to its end, or kills it after a while. */
async function run(name: string, args: string[], dataDir: string, killAfterMs: number | null = null) {
  const environment = { ...process.env, AJAR_DATA_DIR: dataDir }
  const child = spawn(process.execPath, [command(name), ...args], { env: environment })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      said += text
    })
  const timer = killAfterMs === null ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  const [code, signal] = await once(child, 'close')
  clearTimeout(timer)
  return { code: signal ?? code, said }
}

/** A server, and a client that publishes all the while with a witness between them. */
async function busySystem() {
  const wire = new Wire()
  const system = await System.start({ AJAR_BACKUP_AT: 'off' })
  onTestFinished(async () => {
    await wire.close()
    await system.close()
  })
  await wire.start(system.mqttPort)
  const token = await system.addDevice(CAMERA.device)
  const next = framesOf(CAMERA, await door('open'))
  const client = new PersistentClient({ device: CAMERA.device, port: wire.port, token, next })
  client.start()
  return { system, wire, client }
}

const idOf = ({ topic }: { topic: string }) => topic.replace(/^ajar\/(.*)\/frame\/(\d+)$/, '$1/$2')
const whole = (backups: string) =>
  readdirSync(backups)
    .filter((name) => name.startsWith('ajar-'))
    .sort()

test(
  'killed at any moment it leaves no half backup, and of a whole one with all frames none is missing',
  SLOW,
  async () => {
    const { system, wire, client } = await busySystem()
    const random = randomFrom(8)
    const backups = join(system.folder, 'backups')
    const labelled = await until(() => wire.acknowledged.length >= 40 && wire.acknowledged.slice(0, 40).map(idOf))
    await system.api.send('PATCH', '/api/cameras/client/cam', { states: ['open', 'closed'] })
    for (const frame of labelled) await system.ended(frame)
    await system.api.send('POST', '/api/labels', { labels: labelled.map((frame) => ({ frame, state: 'open' })) })
    for (let kill = 0; kill < KILLS; kill++) {
      await run('backup', [backups, '--all-frames'], system.dataDir, 200 + random() * 3000)
      // On a busy machine a kill may come before there is a folder.
      const names = existsSync(backups) ? readdirSync(backups) : []
      for (const name of names)
        if (name.startsWith('ajar-')) expect(readdirSync(join(backups, name))).toContain('manifest.json')
    }
    const acknowledged = wire.acknowledged.map(idOf)
    const { code, said } = await run('backup', [backups, '--all-frames'], system.dataDir)
    expect(code, said).toBe(0)
    expect(readdirSync(backups).filter((name) => name.startsWith('.ajar'))).toEqual([])
    await client.finish()
    await system.stopServer()

    const dataDir = join(system.folder, 'restored')
    const restored = await run('restore', [join(backups, whole(backups).at(-1) ?? ''), dataDir], system.dataDir)
    expect(restored.code, restored.said).toBe(0)
    const digests = new Map(readKept(system.dataDir).frames.map(({ id, sha256 }) => [id, sha256]))
    const there = readKept(dataDir).frames
    for (const { id, sha256 } of there) expect(sha256).toBe(digests.get(id))
    expect(new Set(there.map(({ id }) => id)).size).toBe(there.length)
    expect(acknowledged.filter((id) => !there.some((frame) => frame.id === id))).toEqual([])

    const second = await System.start({ AJAR_DATA_DIR: dataDir, AJAR_BACKUP_AT: 'off' })
    onTestFinished(() => second.close())
    await until(() => readPending(dataDir).length === 0)
    const ended = new Set(readKept(dataDir).ended.map(({ id }) => id))
    expect(acknowledged.filter((id) => !ended.has(id))).toEqual([])
    await second.connect(CAMERA.device, await tokenOf(second)).then((one) => one.endAsync())
  },
)

/** A credential is shown once: a new one proves that the device is known. */
async function tokenOf({ api }: System): Promise<string> {
  const { token } = await api.send<{ token: string }>('POST', `/api/devices/${CAMERA.device}/credential`)
  return token
}

test('a server that was killed, and does not run, is backed up all the same', SLOW, async () => {
  const { system, wire } = await busySystem()
  await until(() => wire.acknowledged.length >= 20)
  await system.killServer()
  wire.target = null
  const acknowledged = wire.acknowledged.map(idOf)
  const backups = join(system.folder, 'backups')
  const { code, said } = await run('backup', [backups, '--all-frames'], system.dataDir)
  expect(code, said).toBe(0)
  const dataDir = join(system.folder, 'restored')
  const restored = await run('restore', [join(backups, whole(backups)[0] ?? ''), dataDir], system.dataDir)
  expect(restored.code, restored.said).toBe(0)
  const there = new Set(readKept(dataDir).frames.map(({ id }) => id))
  expect(acknowledged.filter((id) => !there.has(id))).toEqual([])
})

test('a disk without room says so, and a damaged backup is refused by name', SLOW, async (context) => {
  const { system, wire, client } = await busySystem()
  await until(() => wire.acknowledged.length >= 5)
  await client.finish()
  const disk = await openSmallDisk(20e6).catch((error: Error) => error)
  if (disk instanceof Error) return needs(false, `a file system of its own needs root: ${disk.message}`, context)
  onTestFinished(() => disk.close())
  const full = await run('backup', [join(disk.folder, 'backups')], system.dataDir)
  expect(full).toMatchObject({ code: 1, said: expect.stringMatching(/lacks [\d.]+ MB/) })
  expect(whole(join(disk.folder, 'backups'))).toEqual([])

  const backups = join(system.folder, 'backups')
  expect(await run('backup', [backups], system.dataDir)).toMatchObject({ code: 0 })
  const state = join(backups, whole(backups)[0] ?? '', 'state.db')
  const bytes = readFileSync(state)
  bytes[5000] = (bytes[5000] ?? 0) ^ 1
  writeFileSync(state, bytes)
  const target = join(system.folder, 'restored')
  const refused = await run('restore', [join(state, '..'), target], system.dataDir)
  expect(refused).toMatchObject({ code: 1, said: expect.stringContaining('state.db is not as it was written') })
  expect(readdirSync(system.folder)).not.toContain('restored')
})
