import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { beforeEach, expect, onTestFinished, type TestContext, test, vi } from 'vitest'
import { needs, needsProgram } from '../../test/setup/needs.ts'
import { camera, realPictures, take } from './cameras.ts'
import { temporaryFolder } from './places.ts'

const script = fileURLToPath(new URL('./rtsp-server.py', import.meta.url))
/** Debian's own: another Python does not see its packages. */
const PYTHON = '/usr/bin/python3'
const run = promisify(execFile)
vi.setConfig({ testTimeout: 60_000 }) // each encodes a video and starts ffmpeg several times

beforeEach((context) => {
  needsProgram('ffmpeg', 'ffmpeg', context)
  const { status } = spawnSync(PYTHON, ['-c', 'import gi; gi.require_version("GstRtspServer", "1.0")'])
  needs(status === 0, 'no RTSP server: apt-get install gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good', context)
})

/** Real pictures as a video of 30 s, `codec` being ffmpeg's name. */
async function video(codec: string, context: TestContext): Promise<string> {
  const folder = await temporaryFolder()
  const { webcam } = await realPictures(context)
  await Promise.all(webcam.map((picture, i) => writeFile(join(folder, `${i}.jpg`), picture)))
  const input = ['-v', 'error', '-stream_loop', '-1', '-framerate', '10', '-i', join(folder, '%d.jpg'), '-t', '30']
  const output = ['-vf', 'scale=640:360', '-c:v', codec, '-g', '10', '-pix_fmt', 'yuvj420p', '-huffman', 'default']
  const h264 = ['-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-bf', '0']
  const file = join(folder, 'video.mkv')
  await run('ffmpeg', [...input, ...(codec === 'mjpeg' ? output : [...output.slice(0, 6), ...h264]), file])
  return file
}

async function serve(file: string, encoding: 'h264' | 'jpeg', login: string[] = []) {
  const server: ChildProcess = spawn(PYTHON, [script, '/door', file, encoding, ...login], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  onTestFinished(() => void server.kill('SIGKILL'))
  const [port] = await once(server.stdout as NonNullable<typeof server.stdout>, 'data')
  return { server, host: `127.0.0.1:${String(port).trim()}` }
}

test('H.264 is decoded at the rate that is wanted, over TCP and with a password', async (context) => {
  const { host } = await serve(await video('libx264', context), 'h264', ['viewer', 'p@ss word'])
  const config = { driver: 'rtsp', url: `rtsp://${host}/door`, user: 'viewer', password: 'p@ss word', width: 320 }
  const { pictures } = await take(camera({ ...config, intervalMs: 200 }), 4)
  for (const { jpeg } of pictures)
    expect(await sharp(jpeg).metadata()).toMatchObject({ format: 'jpeg', width: 320, height: 180 })
  const wrong = await take(camera({ ...config, password: 'se/cret' }), 1).catch((error: Error) => error)
  expect(wrong).toMatchObject({ code: 'no_camera', message: expect.stringContaining('401') })
  const embedded = camera({ driver: 'rtsp', url: `rtsp://viewer:se%2Fcret@${host}/door?password=secret` })
  const told = `${String(wrong)} ${await take(embedded, 1).catch(String)}`
  expect(told).toContain(host)
  expect(told).not.toMatch(/se.{0,3}cret|viewer/)
})

test('JPEGs are passed on as they are', async (context) => {
  const { host } = await serve(await video('mjpeg', context), 'jpeg')
  const { pictures } = await take(
    camera({ driver: 'rtsp', url: `rtsp://${host}/door`, intervalMs: 100, width: 320 }),
    4,
  )
  for (const { jpeg } of pictures)
    expect(await sharp(jpeg).metadata()).toMatchObject({ format: 'jpeg', width: 640, height: 360 })
})

test('a camera that stands still, one that goes away, and none at all are told', async (context) => {
  const file = await video('libx264', context)
  const still = await serve(file, 'h264')
  const config = (host: string) =>
    camera({ driver: 'rtsp', url: `rtsp://${host}/door`, intervalMs: 100, stallMs: 2000 })
  const stops = { onPicture: () => void still.server.kill('SIGSTOP') }
  await expect(take(config(still.host), 999, stops)).rejects.toMatchObject({ code: 'camera_stalled' })
  const gone = await serve(file, 'h264')
  const ends = { onPicture: () => void gone.server.kill('SIGKILL') }
  await expect(take(config(gone.host), 999, ends)).rejects.toMatchObject({ code: 'camera_ended' })
  await expect(take(config(gone.host), 1)).rejects.toThrow(/gives no video.*Connection refused/)
})
