import { readdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { readKept, readPending } from './kept.ts'
import { teachDoor } from './lesson.ts'
import { IpCamera } from './outage/ip-camera.ts'
import { System, until, watch } from './system.ts'

const CLOCK = fileURLToPath(new URL('shifted-clock.ts', import.meta.url))
const CAMERA = 'pi/cam'
/** The picture is on its way, and timers have a grain. */
const TOLERANCE_MS = 1000

test('a Pi without a battery wakes up in 1970 and is killed twice: what it saw arrives with its right times', {
  timeout: 120_000,
}, async () => {
  const system = await System.start()
  onTestFinished(() => system.close())
  await teachDoor(system, CAMERA)
  const lesson = new Set(readKept(system.dataDir).frames.map(({ id }) => id))
  const camera = new IpCamera(() => 'open')
  onTestFinished(() => camera.close())
  await camera.start()
  const dataDir = join(system.folder, 'agent')
  const outbox = join(dataDir, 'outbox')
  await mkdir(outbox, { recursive: true })
  const clock = join(system.folder, 'clock')
  await writeFile(clock, String(-Date.now()))
  const config = join(system.folder, 'agent.json')
  const cameras = [{ name: 'cam', driver: 'http-snapshot', url: camera.url, intervalMs: 200 }]
  const token = await system.addDevice('pi')
  await writeFile(
    config,
    JSON.stringify({ device: 'pi', token, server: system.server.mqtt, dataDir, cameras, sensors: [] }),
  )
  const run = () =>
    system.startAgent(config, () => {}, {
      environment: { TEST_CLOCK_FILE: clock, NODE_OPTIONS: `--import=${CLOCK}` },
    })
  /** Whole frames on disk that have no time yet. */
  const untimed = () => readdirSync(outbox).filter((name) => /@[^.]*\.(important\.)?jpg$/.test(name)).length

  let agent = run()
  for (let kill = 0; kill < 2; kill++) {
    const before = untimed()
    await until(() => untimed() >= before + 8)
    agent.kill('SIGKILL')
    await agent.ended
    agent = run()
  }
  const before = untimed()
  await until(() => untimed() >= before + 8)
  const status = await until(async () => {
    const device = await system.api.get<{ status: { untimed?: number; fault: string | null } | null }>(
      '/api/devices/pi',
    )
    return (device.status?.untimed ?? 0) > 0 && device.status
  })
  expect(status.fault).toMatch(/clock/)
  expect(readKept(system.dataDir).frames.length).toBe(lesson.size)

  const waited = untimed()
  await writeFile(clock, '0')
  const setAt = Date.now()
  const arrived = () => readKept(system.dataDir).frames.filter(({ id }) => !lesson.has(id))
  const timeOf = (id: string) => Number(id.split('/')[2])
  await until(() => untimed() === 0 && arrived().filter(({ id }) => timeOf(id) <= setAt).length >= waited)
  const states = await watch<{ state: string }>(await system.connectOperator(), `ajar/${CAMERA}/state`)
  await until(() => states.at(-1)?.payload.state === 'open')
  await agent.stop()
  await until(() => readPending(system.dataDir).length === 0)

  const frames = arrived().sort((a, b) => timeOf(a.id) - timeOf(b.id))
  const shown = frames.map(({ sha256 }) => camera.shownAt.get(sha256) ?? 0)
  expect(frames.map(({ id }, i) => timeOf(id) - (shown[i] ?? 0)).filter((off) => Math.abs(off) > TOLERANCE_MS)).toEqual(
    [],
  )
  expect(shown).toEqual([...new Set(shown)].sort((a, b) => a - b))
})
