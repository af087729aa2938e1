import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { expect, onTestFinished, test } from 'vitest'
import { needsProgram } from '../setup/needs.ts'
import { readKept } from './kept.ts'
import { teachDoor } from './lesson.ts'
import { framesOf, PersistentClient } from './persistent-client.ts'
import { door, withComment } from './pictures.ts'
import { ADMIN_TOKEN, System, until } from './system.ts'
import { Wire } from './wire.ts'

/** What people do to a camera as a whole, while it goes on sending. */

const SLOW = { timeout: 240_000 }
const KILLS = 6

interface Camera {
  id: string
  aliases: string[]
  model: string | null
}

async function started(environment: Record<string, string> = {}): Promise<System> {
  const system = await System.start(environment)
  onTestFinished(() => system.close())
  return system
}

const camerasOf = async ({ api }: System) => (await api.get<{ items: Camera[] }>('/api/cameras')).items

test(
  'renamed under load with kill -9 in the middle: every acknowledged frame is there once, under the new name',
  SLOW,
  async () => {
    const system = await started()
    const wire = new Wire()
    onTestFinished(() => wire.close())
    await wire.start(system.mqttPort)
    const token = await system.addDevice('client')
    const frames = framesOf({ device: 'client', camera: 'cam' }, await door('open'))
    const client = new PersistentClient({ device: 'client', token, port: wire.port, next: frames })
    client.start()
    let name = 'client/cam'
    for (let kill = 0; kill < KILLS; kill++) {
      const before = wire.acknowledged.length
      await until(() => wire.acknowledged.length >= before + 20)
      const next = `moved-${kill}/cam`
      await system.addDevice(`moved-${kill}`)
      const renamed = system.api.send('POST', `/api/cameras/${name}/rename`, { to: next }).catch(() => null)
      await sleep(8 * kill)
      await system.killServer()
      wire.target = null
      await renamed
      await system.startServer()
      const [only, ...others] = await camerasOf(system)
      expect(others).toEqual([])
      expect([name, next]).toContain(only?.id)
      if (only?.id === name) await system.api.send('POST', `/api/cameras/${name}/rename`, { to: next })
      name = next
      wire.target = system.mqttPort
    }
    const before = wire.acknowledged.length
    await until(() => wire.acknowledged.length >= before + 20)
    await client.finish()
    await until(() => readKept(system.dataDir).pending.length === 0)
    const [camera] = await camerasOf(system)
    expect(camera).toMatchObject({ id: name, aliases: expect.arrayContaining(['client/cam']) })
    await system.stopServer()

    const kept = readKept(system.dataDir)
    const times = (ids: string[]) => ids.map((id) => id.split('/')[2]).sort()
    const acknowledged = new Map(wire.acknowledged.map(({ topic, sha256 }) => [topic.split('/')[4], sha256]))
    const ids = [...acknowledged.keys()].map((time) => `${name}/${time}`).sort()
    expect(kept.ended.map(({ id }) => id).sort()).toEqual(ids)
    expect(kept.ended.filter(({ outcome }) => outcome !== 'classified')).toEqual([])
    expect(kept.results.toSorted()).toEqual(ids)
    // The files call a camera what it was called then: there, frames are told by their time.
    expect(times(kept.frames.map(({ id }) => id))).toEqual(times(ids))
    for (const { id, sha256 } of kept.frames) expect(acknowledged.get(id.split('/')[2])).toBe(sha256)
  },
)

test('a broken Pi is replaced: by its name, or by a new name; the history goes on', SLOW, async () => {
  const system = await started()
  const pictures = join(system.folder, 'pictures')
  await mkdir(pictures)
  for (let i = 0; i < 5; i++)
    await writeFile(join(pictures, `${i}.jpg`), withComment(await door('open'), `picture ${i}`))
  const model = await teachDoor(system, 'pi/cam')
  const agent = async (device: string, token: string, camera: string, dataDir: string) => {
    const cameras = [{ name: camera, driver: 'folder', path: pictures, loop: true, intervalMs: 50 }]
    const config = { device, token, server: system.server.mqtt, dataDir: join(system.folder, dataDir), cameras }
    const path = join(system.folder, `${dataDir}.json`)
    await writeFile(path, JSON.stringify(config))
    return system.startAgent(path)
  }
  const count = async (camera: string) =>
    (await system.api.get<{ items: unknown[] }>(`/api/frames?camera=${camera}&limit=1000`)).items.length
  const old = await agent('pi', await system.addDevice('pi'), 'cam', 'old-card')
  const taught = await count('pi/cam')
  await until(async () => (await count('pi/cam')) > taught + 5)

  // The same name: a new credential, an empty card. The old Pi is out at once.
  const { token } = await system.api.send<{ token: string }>('POST', '/api/devices/pi/credential', {})
  const replacement = await agent('pi', token, 'cam', 'new-card')
  const after = await count('pi/cam')
  await until(async () => (await count('pi/cam')) > after + 5)
  await old.stop()
  await replacement.stop()
  expect(await camerasOf(system)).toMatchObject([{ id: 'pi/cam', model }])

  // Another name: the camera moves, and what it learned moves along.
  const credential = await system.addDevice('pi-two')
  await system.api.send('POST', '/api/cameras/pi/cam/rename', { to: 'pi-two/cam' })
  await agent('pi-two', credential, 'cam', 'third-card')
  const moved = await count('pi-two/cam')
  await until(async () => (await count('pi-two/cam')) > moved + 5)
  await system.api.send('DELETE', '/api/devices/pi')
  expect(await camerasOf(system)).toMatchObject([{ id: 'pi-two/cam', model, aliases: ['pi/cam'] }])
})

test(
  'by MQTT, too, only what may be seen is kept; and what is purged is on the disk no more',
  SLOW,
  async (context) => {
    needsProgram('mosquitto_pub', 'mosquitto-clients', context)
    const system = await started()
    const token = await system.addDevice('yard')
    const left = [
      [0, 0],
      [0.5, 0],
      [0.5, 1],
      [0, 1],
    ].map(([x, y]) => ({ x, y }))
    await system.api.send('PATCH', '/api/cameras/yard/cam', { masks: [left] })
    const frames = await Promise.all(
      Array.from({ length: 12 }, async (_, i) => ({
        at: Date.now() + i,
        jpeg: withComment(await door('open'), `yard ${i}`),
      })),
    )
    const login = ['-h', '127.0.0.1', '-p', String(system.mqttPort), '-i', 'yard', '-u', 'yard', '-P', token, '-q', '1']
    for (const { at, jpeg } of frames) {
      const path = join(system.folder, `${at}.jpg`)
      await writeFile(path, jpeg)
      await promisify(execFile)('mosquitto_pub', [...login, '-t', `ajar/yard/cam/frame/${at}`, '-f', path])
      await system.ended(`yard/cam/${at}`)
    }
    const raw = () => Buffer.concat(framesFiles(system.dataDir))
    const shown = await image(system, `yard/cam/${frames[0]?.at}`)
    const stored = raw()
    for (const { jpeg } of frames) expect(stored.includes(jpeg.subarray(0, 60))).toBe(false)
    expect(stored.includes(shown.subarray(0, 4000))).toBe(true)
    const { data, info } = await sharp(shown).greyscale().raw().toBuffer({ resolveWithObject: true })
    const middle = Array.from({ length: 10 }, (_, x) => data[(info.height / 2) * info.width + x * 10] ?? 255)
    expect(Math.max(...middle)).toBeLessThan(4)

    const images = await Promise.all(frames.map(({ at }) => image(system, `yard/cam/${at}`)))
    const part = (jpeg: Buffer) => jpeg.subarray(1000, 1200)
    expect(images.map((jpeg) => raw().includes(part(jpeg)))).not.toContain(false)
    const span = `from=${frames[0]?.at}&to=${(frames.at(-1)?.at ?? 0) + 1}`
    const job = await system.api.send<{ id: string }>('DELETE', `/api/cameras/yard/cam/frames?${span}`)
    await until(async () => (await system.api.get<{ state: string }>(`/api/jobs/${job.id}`)).state === 'done')
    expect(images.map((jpeg) => raw().includes(part(jpeg)))).not.toContain(true)
  },
)

function framesFiles(dataDir: string): Buffer[] {
  const folder = join(dataDir, 'frames')
  return readdirSync(folder).map((name) => readFileSync(join(folder, name)))
}

async function image(system: System, frame: string): Promise<Buffer> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const response = await fetch(`${system.server.http}/api/frames/${frame}/image`, { headers })
  return Buffer.from(await response.arrayBuffer())
}
