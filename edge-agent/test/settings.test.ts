import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkConfig, createAgent } from '../src/index.ts'
import { connected } from './connected-agent.ts'
import { folderOf, notebook, temporaryFolder, until } from './places.ts'

const slow = { driver: 'synthetic', width: 64, height: 64, intervalMs: 3_600_000 }

test('one camera gets another interval and the others do not notice; what is left out goes back', async () => {
  const { settle, framesOf, countsOf } = await connected([
    { name: 'front', ...slow },
    { name: 'back', ...slow },
  ])
  await until(() => framesOf('front') === 1 && framesOf('back') === 1)
  expect(await settle({ cameras: { front: { intervalMs: 10 } } })).toMatchObject({ ok: true, errors: [] })
  await until(() => framesOf('front') >= 5)
  expect((await countsOf('back')).captured).toBe(1)
  // Back to an hour for one, and quick for the other, which has none of its own.
  expect(await settle({ intervalMs: 10, cameras: { front: { intervalMs: 3_600_000 } } })).toMatchObject({ ok: true })
  const { captured } = await countsOf('front')
  await until(() => framesOf('back') >= 5)
  // One more at once, as it was opened again.
  expect((await countsOf('front')).captured).toBeLessThanOrEqual(captured + 1)
})

test('a gate comes, changes and goes while the camera runs, and the status counts what it holds back', async () => {
  const camera = { ...slow, name: 'cam', width: 160, height: 90, intervalMs: 20, dayMs: 86_400_000, gate: {} }
  const { settle, framesOf, countsOf, broker } = await connected([camera], { statusIntervalMs: 1000 })
  await until(() => framesOf('cam') === 1)
  while ((await countsOf('cam')).gated < 10) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(await settle({ cameras: { cam: { gate: null } } })).toMatchObject({ ok: true })
  const before = framesOf('cam')
  await until(() => framesOf('cam') >= before + 10)
  expect(await settle({ cameras: { cam: { gate: { difference: 0.5 } } } })).toMatchObject({ ok: true })
  const { gated } = await countsOf('cam')
  while ((await countsOf('cam')).gated < gated + 10) await new Promise((resolve) => setTimeout(resolve, 10))
  const { driver, captured, sent, dropped, ...counts } = await countsOf('cam')
  expect({ driver, dropped }).toEqual({ driver: 'synthetic', dropped: 0 })
  expect(captured).toBeGreaterThanOrEqual(counts.gated + sent)
  expect(sent).toBeGreaterThan(10)
  await until(() => JSON.parse(broker.retained.get('ajar/pi/status') ?? '{}').captures?.cam?.sent > 0)
})

test('every picture ends as exactly one of gated, refused, sent or dropped', async () => {
  const path = await folderOf({ 'a.jpg': 'a', 'b.jpg': '', 'c.jpg': new Uint8Array(2000), 'd.jpg': 'd' })
  const cameras = [{ name: 'cam', driver: 'folder', path, intervalMs: 1, gate: {} }]
  const { agent, framesOf, countsOf } = await connected(cameras, { maxFrameBytes: 1000 })
  await until(() => framesOf('cam') === 2)
  while ((await countsOf('cam')).sent < 2) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(await countsOf('cam')).toEqual({ driver: 'folder', captured: 4, gated: 0, sent: 2, dropped: 0, fault: null })
  expect((await agent.status()).refusedFrames).toBe(2)
})

test('what cannot be applied is said in words, and then nothing is', async () => {
  const path = await folderOf({ 'a.jpg': 'a' })
  const { settle, framesOf, countsOf } = await connected([
    { name: 'front', ...slow },
    { name: 'replay', driver: 'folder', path },
  ])
  await until(() => framesOf('front') === 1)
  const refused = async (settings: unknown) => {
    const { ok, errors } = await settle(settings)
    expect(ok).toBe(false)
    return errors
  }
  expect(await refused({ intervalMs: 10, cameras: { frnt: { intervalMs: 10 } } })).toEqual([
    'cameras/frnt: there is no such camera here, only front, replay',
  ])
  expect(await refused({ cameras: { replay: { intervalMs: 10 } } })).toEqual([
    'cameras/replay/intervalMs: a folder has its own pace',
  ])
  expect(await refused({ cameras: [], dataDir: '/x' })).toEqual([
    'dataDir cannot be changed while the agent runs: set it in its config file',
    'cameras must be an object: settings by the names of cameras',
  ])
  const front = { intervalMs: 0, path: '/x', gate: { difference: 2, heartbeat: 5, region: [{ x: 0, y: 0 }] } }
  const errors = await refused({ cameras: { front, replay: null } })
  for (const [i, part] of [
    'cameras/front/path cannot be changed while the agent runs',
    'cameras/front/intervalMs must be >= 1',
    'cameras/front/gate has an unknown field heartbeat',
    'cameras/front/gate/difference must be <= 1',
    'cameras/front/gate/region must not have fewer than 3 items',
    'cameras/replay must be an object',
  ].entries()) {
    expect(errors[i]).toContain(part)
  }
  expect(errors).toHaveLength(6)
  expect(await refused({ cameras: { front: { gate: 'on' } } })).toEqual(['cameras/front/gate must be an object'])
  // Names that every object has are as unknown as others.
  expect(
    await refused({ constructor: 1, cameras: { front: JSON.parse('{"__proto__": 1, "constructor": 1}') } }),
  ).toEqual(
    ['constructor', 'cameras/front/__proto__', 'cameras/front/constructor'].map(
      (name) => `${name} cannot be changed while the agent runs: set it in its config file`,
    ),
  )
  expect((await countsOf('front')).captured).toBe(1)
})

test("the server's last settings count from the next start on, also without the server, unless they are broken or another device's", async () => {
  const dataDir = await temporaryFolder()
  const camera = { ...slow, name: 'cam', dayMs: 86_400_000 }
  const { agent, settle } = await connected([camera], { dataDir })
  expect(await settle({ cameras: { cam: { intervalMs: 20, gate: { difference: 0.5 } } } })).toMatchObject({ ok: true })
  expect(await settle({ cameras: { cam: { intervalMs: 0 } } })).toMatchObject({ ok: false }) // and is not kept
  await agent.close()

  const alone = async (device: string, cameras: unknown[] = [camera]) => {
    const log = notebook()
    const config = { device, token: 't', server: 'mqtt://127.0.0.1:1', dataDir, sensors: [], cameras }
    const started = createAgent(checkConfig(config), { log })
    await started.start()
    onTestFinished(() => started.close())
    return { log, started }
  }
  const { log, started } = await alone('pi')
  expect(log.lines.join()).toContain("goes by the server's last settings, version 1")
  for (let gated = 0; gated < 3; gated = (await started.status()).captures?.cam?.gated ?? 0) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await started.close()
  const other = await alone('pi', [{ ...camera, name: 'other' }])
  expect(other.log.lines.join()).toContain('do not fit the config any more')
  await other.started.close()
  const stranger = await alone('other')
  expect(stranger.log.lines.join()).not.toContain('last settings')
  await stranger.started.close()
  const file = join(dataDir, 'settings.json')
  await writeFile(file, (await readFile(file)).subarray(0, 20))
  const broken = await alone('pi')
  expect(broken.log.lines.join()).not.toContain('last settings')
})
