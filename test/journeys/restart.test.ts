import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Process } from '@ajar/local'
import { expect, onTestFinished, test } from 'vitest'
import { readKept } from './kept.ts'
import { teachDoor } from './lesson.ts'
import { door } from './pictures.ts'
import { ADMIN_TOKEN, System, until, watch } from './system.ts'

/** What the server knew before it ended, however it ended, it knows again before anybody can connect. */

const SLOW = { timeout: 120_000 }
const CAMERA = 'door1/cam'

interface State {
  state: string
  frame: string | null
  model: string | null
}

test('state, presence, model and pending frames survive a kill', SLOW, async () => {
  const system = await System.start()
  onTestFinished(() => system.close())
  const token = await system.addDevice('door1')
  const model = await teachDoor(system, CAMERA)
  const device = await system.connect('door1', token)
  await device.publishAsync('ajar/door1/status', '{"state":"online"}', { qos: 1, retain: true })
  const open = await door('open')
  const from = Date.now()
  const publish = (i: number) => device.publishAsync(`ajar/${CAMERA}/frame/${from + i}`, open, { qos: 1 })
  for (let i = 0; i < 4; i++) await publish(i)
  const before = await until(async () => {
    const state = await system.api.get<State>(`/api/cameras/${CAMERA}/state`)
    return state.state === 'open' && state
  })

  // Many at once, and the kill as soon as they are acknowledged: most of them are not classified then.
  const burst = Array.from({ length: 40 }, (_, i) => 4 + i)
  await Promise.all(burst.map(publish))
  await system.killServer()
  expect(readKept(system.dataDir).pending.length).toBeGreaterThan(0)

  await system.startServer()
  const operator = await system.connectOperator()
  const retained = await watch<State>(operator, `ajar/${CAMERA}/state`)
  const presence = await watch<{ state: string }>(operator, 'ajar/door1/status')
  expect((await until(() => retained[0])).payload).toMatchObject({ state: 'open', model: before.model })
  const { payload } = await until(() => presence.find(({ topic }) => topic === 'ajar/door1/status'))
  expect(payload).toEqual({ state: 'offline' })
  expect(await system.api.get('/api/devices/door1')).toMatchObject({ connected: false })
  expect(await system.api.get(`/api/cameras/${CAMERA}`)).toMatchObject({ model })
  for (const i of burst)
    expect(await system.ended(`${CAMERA}/${from + i}`)).toMatchObject({ outcome: 'classified', result: { model } })
  await system.stopServer()
  expect(readKept(system.dataDir).pending).toEqual([])
})

test('server and agent end with 0 when they are asked to as soon as they say that they run', SLOW, async () => {
  const system = await System.start()
  onTestFinished(() => system.close())
  const config = join(system.folder, 'agent.json')
  const cameras = [{ name: 'cam', driver: 'synthetic', width: 64, height: 64 }]
  const dataDir = join(system.folder, 'agent')
  const token = await system.addDevice('door1')
  await writeFile(config, JSON.stringify({ device: 'door1', token, server: system.server.mqtt, dataDir, cameras }))
  const agent = system.startAgent(config, ({ agent: said }) => {
    if ((said as { state?: string })?.state === 'started') agent.kill('SIGTERM')
  })
  expect(await agent.ended).toBe(0)

  await system.stopServer()
  await system.startServer()
  const { process } = system.server
  process.kill('SIGTERM')
  expect(await process.ended).toBe(0)
})

const DEMO = fileURLToPath(new URL('../../deploy/local/start.ts', import.meta.url))

/** Runs `npm start`'s program, ends it as Ctrl-C does once `enough` holds. */
async function runDemo(dataDir: string, enough: (lines: string[], machine: object[]) => boolean) {
  const lines: string[] = []
  const machine: object[] = []
  const demo = new Process(DEMO, [], {
    environment: { AJAR_DATA_DIR: dataDir, AJAR_HTTP_PORT: '0', AJAR_MQTT_PORT: '0', AJAR_ADMIN_TOKEN: '' },
    onLine: (line) => lines.push(line),
    onMachineLine: (line) => machine.push(line),
  })
  let running = true
  const ended = demo.ended.finally(() => {
    running = false
  })
  onTestFinished(async () => {
    demo.kill('SIGKILL')
    await ended
  })
  await until(() => enough(lines, machine) || !running)
  demo.kill('SIGINT')
  return { lines, machine, text: lines.join('\n'), exitCode: await ended }
}

const transition = /demo-pi\/front-door: unknown -> (closed|open)/

test('npm start: the first run prints a token and teaches, the second resumes', SLOW, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'ajar-demo-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))

  const first = await runDemo(dataDir, (lines) => lines.some((line) => transition.test(line)))
  expect(first.text).toMatch(/http:\S+#token=/)
  expect(first.machine).toContainEqual({ admin: { token: expect.stringMatching(/^.{40,}$/) } })
  expect(first.machine).toContainEqual({ listening: { http: expect.any(Number), mqtt: expect.any(Number) } })
  expect(first.text).toMatch(/Teaching demo-pi\/front-door: 20 rendered pictures of each state/)
  expect(first.text).toMatch(/trained demo-pi\/front-door@1 in [\d.]+ s/)
  expect(first.text).toMatch(transition)
  expect(first.exitCode).toBe(0)

  const second = await runDemo(dataDir, (lines) => lines.some((line) => /Frames flow/.test(line)))
  expect(second.text).not.toMatch(/#token=|Teaching|trained/)
  expect(second.machine.filter((line) => 'admin' in line)).toEqual([])
  expect(second.exitCode).toBe(0)
})

test('an admin token that was given is not printed', SLOW, async () => {
  const system = await System.start()
  onTestFinished(() => system.close())
  expect(system.printed.join('\n')).not.toContain(ADMIN_TOKEN)
  expect(system.server.adminToken).toBeNull()
})
