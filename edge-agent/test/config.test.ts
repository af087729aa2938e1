import { expect, test } from 'vitest'
import { checkConfig, readConfig } from '../src/index.ts'
import { folderOf } from './places.ts'

const least = { device: 'pi-1', token: 't', dataDir: 'data', cameras: [{ name: 'cam', driver: 'synthetic' }] }

test('defaults are filled in', () => {
  expect(checkConfig(least)).toEqual({
    ...least,
    server: 'mqtt://127.0.0.1:1883',
    cameras: [{ name: 'cam', driver: 'synthetic', intervalMs: 1000, seed: 1, width: 640, height: 360, dayMs: 600_000 }],
    maxFrameBytes: 2_097_152,
    outbox: { maxBytes: 536_870_912, maxFrames: 50_000, maxAgeMs: 604_800_000, minFreeBytes: 268_435_456 },
    statusIntervalMs: 30_000,
  })
})

test('every error is reported at once, in the words of the driver chosen', () => {
  const wrong = {
    device: 'Pi 1',
    dataDir: 'data',
    server: 'http://x',
    colour: 'red',
    outbox: { maxBytes: 'much' },
    cameras: [
      { name: 'cam', driver: 'folder', speed: -1 },
      { name: 'cam', driver: 'telescope' },
      { name: 'b', driver: 'synthetic', path: '/x', intervalMs: 0.5 },
    ],
  }
  let message = ''
  try {
    checkConfig(wrong)
  } catch (error) {
    message = String(error)
    expect(error).toMatchObject({ code: 'bad_config', fault: 'caller' })
  }
  for (const part of [
    'config has an unknown field colour',
    'config lacks token',
    'device must be such as door1 (the name this device was registered under',
    'server must be such as mqtt://192.168.1.5:1883 (where the broker listens)',
    'outbox/maxBytes must be',
    'cameras/0 lacks path',
    'cameras/0/speed must',
    'cameras/1/driver must be one of auto, rpicam, libcamera, raspistill, v4l2',
    'cameras/2 has an unknown field path',
    'cameras/2/intervalMs must be integer',
    'two of the name cam',
  ]) {
    expect(message).toContain(part)
  }
  expect(message).toContain('has 11 error(s)')
})

test.each([null, [], 'text', 5, {}])('%j is refused in words', (written) => {
  expect(() => checkConfig(written)).toThrow(/the agent's config has/)
})

test('a camera without a driver finds one by itself', () => {
  const [camera] = checkConfig({ ...least, cameras: [{ name: 'cam' }] }).cameras
  expect(camera).toMatchObject({ driver: 'auto', camera: 0, width: 1280, height: 720, intervalMs: 1000 })
  expect(() => checkConfig({ ...least, cameras: [{ name: 'cam', path: '/x' }] })).toThrow('unknown field path')
})

test.each([
  [{ driver: 'rpicam', rotation: 90 }, 'cameras/0/rotation'],
  [{ driver: 'libcamera', camera: -1 }, 'cameras/0/camera'],
  [{ driver: 'raspistill', warmUpMs: 0 }, 'cameras/0/warmUpMs'],
  [{ driver: 'v4l2', stallMs: 1 }, 'cameras/0/stallMs'],
  [{ driver: 'http-snapshot' }, 'cameras/0 lacks url'],
  [{ driver: 'http-snapshot', url: 'ftp://camera/x.jpg' }, 'http://camera.local/snapshot.jpg'],
  [{ driver: 'rtsp', url: 'rtsp://camera/1', transport: 'smoke' }, 'cameras/0/transport'],
])('%j is refused', (fields, text) => {
  expect(() => checkConfig({ ...least, cameras: [{ name: 'cam', ...fields }] })).toThrow(text)
})

test('the token of the environment comes first', async () => {
  const { token: _, ...without } = least
  const folder = await folderOf({ 'config.json': JSON.stringify(without) })
  const config = await readConfig(`${folder}/config.json`, { AJAR_AGENT_TOKEN: 'from outside' })
  expect(config.token).toBe('from outside')
})

test('a file that is no JSON is named', async () => {
  const folder = await folderOf({ 'config.json': '{' })
  await expect(readConfig(`${folder}/config.json`, {})).rejects.toMatchObject({ code: 'bad_config' })
})

test.each([
  '{"device":"pi","token":s3cret-token-of-the-device,"dataDir":"x"}',
  '{"token":"s3cret-token"-of-the-device',
  's3cret',
])('%s is refused without a word of it', async (text) => {
  const folder = await folderOf({ 'config.json': text })
  const error = await readConfig(`${folder}/config.json`, {}).catch((error: unknown) => error)
  expect(error).toMatchObject({
    code: 'bad_config',
    message: expect.stringMatching(/cannot be read as JSON: .*[a-z]{8}/),
  })
  expect(String(error)).not.toMatch(/s3|cret|oken-/)
})
