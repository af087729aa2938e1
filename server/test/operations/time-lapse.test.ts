import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { needsProgram } from '../../../test/setup/needs.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { fileAt, frameAt, needsPictures, real, run } from './in-memory.ts'
import { pictureOf, written } from './pictures.ts'

afterEach(() => void vi.unstubAllEnvs())

/** What ffprobe finds in a film. */
function probed(path: string) {
  const asked = ['-v', 'error', '-count_frames', '-show_streams', '-show_format', '-of', 'json', path]
  return JSON.parse(execFileSync('ffprobe', asked, { encoding: 'utf8' }))
}

/** One picture of a film, decoded: grey bytes. */
function grey(path: string, number: number): Buffer {
  const one = ['-v', 'error', '-i', path, '-vf', `select=eq(n\\,${number}),format=gray`, '-frames:v', '1']
  return execFileSync('ffmpeg', [...one, '-f', 'rawvideo', '-'], { maxBuffer: 64 << 20 })
}

test('real pictures become a film that browsers play from its beginning', async (context) => {
  needsPictures(context)
  needsProgram('ffmpeg', 'ffmpeg', context)
  const folder = real('webcams/cam-857x614/night')
  const names = readdirSync(folder).slice(0, 12)
  const frames = new Map(
    names.map((name, i) => [`pi/door/${1000 * i}`, new Uint8Array(readFileSync(`${folder}/${name}`))]),
  )
  const files = names.map((_, i) => frameAt('pi/door', 1000 * i, i % 2 ? 'open' : 'closed')).reverse()
  const inputs = { input_files: files, fps: 6, stamp: 'time and state' }
  const made = await run('Time-lapse', inputs, onTestFinished, { frames })
  const { path, poster } = made.videos.get('time-lapse') ?? { path: '', poster: undefined }
  const { streams, format } = probed(path)
  expect(streams).toHaveLength(1)
  expect(streams[0]).toMatchObject({
    ...{ codec_name: 'h264', pix_fmt: 'yuv420p', width: 858, height: 614, nb_read_frames: '12', r_frame_rate: '6/1' },
    ...{ color_space: 'bt709', color_range: 'tv' },
  })
  expect(Number(format.duration)).toBeCloseTo(2, 1)
  // The index stands before the pictures.
  const bytes = readFileSync(path)
  expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'))
  expect(poster).toMatchObject({ width: 858, height: 614, planes: 3 })
  expect(made.data[0]).toMatchObject({ pictures: 12, seconds: 2, width: 858, height: 614, other_shapes: 0 })
  expect(made.mostOpen).toBe(1)
})

test('the stamp is drawn, and only where it is asked for; pictures come in the order of their time', async (context) => {
  needsProgram('ffmpeg', 'ffmpeg', context)
  const { default: sharp } = await import('sharp')
  const frames = new Map<string, Uint8Array>()
  for (const [i, at] of [3000, 1000, 2000].entries()) {
    const level = [220, 40, 120][i] as number
    const background = { r: level, g: level, b: level }
    const jpeg = await sharp({ create: { width: 320, height: 180, channels: 3, background } })
      .jpeg()
      .toBuffer()
    frames.set(`pi/door/${at}`, new Uint8Array(jpeg))
  }
  const files = [3000, 1000, 2000].map((at) => frameAt('pi/door', at))
  const plain = await run('Time-lapse', { input_files: files, stamp: 'nothing' }, onTestFinished, { frames })
  const stamped = await run('Time-lapse', { input_files: files, stamp: 'time' }, onTestFinished, { frames })
  const path = plain.videos.get('time-lapse')?.path ?? ''
  const levels = [0, 1, 2].map((number) => grey(path, number)[50 * 320 + 160])
  expect(levels.map((level) => Math.round((level ?? 0) / 40))).toEqual([1, 3, 6])
  const spread = (picture: Buffer) =>
    Math.max(...picture.subarray(150 * 320)) - Math.min(...picture.subarray(150 * 320))
  expect(spread(grey(path, 1))).toBeLessThan(12)
  expect(spread(grey(stamped.videos.get('time-lapse')?.path ?? '', 1))).toBeGreaterThan(150)
})

test('floats with blanks, in grey, at another width; what has another shape is told and shown whole', async (context) => {
  needsProgram('ffmpeg', 'ffmpeg', context)
  const one = pictureOf(new Float32Array(101 * 51), 101, 1, (x, y) => (x === y ? Number.NaN : 1000 + x))
  const tall = pictureOf(new Uint8Array(40 * 80 * 3), 40, 3, () => 128)
  const paths = await written(onTestFinished, { one, other: one, tall })
  const files = [...paths.map((path) => fileAt(path)), fileAt(import.meta.filename)]
  const inputs = { input_files: files, width: 64, fps: 12.5, quality: 'small', stamp: 'nothing' }
  const made = await run('Time-lapse', inputs, onTestFinished)
  const path = made.videos.get('time-lapse')?.path ?? ''
  expect(probed(path).streams[0]).toMatchObject({ width: 64, height: 32, nb_read_frames: '3', r_frame_rate: '25/2' })
  expect(made.data[0]).toMatchObject({ pictures: 3, other_shapes: 1, left_out: [{ basename: 'time-lapse.test.ts' }] })
  const last = grey(path, 2)
  expect(last[16 * 64 + 2]).toBeLessThan(40)
  expect(last[16 * 64 + 32]).toBeGreaterThan(90)
})

/** A program in the place of ffmpeg. */
async function inItsPlace(script: string | null) {
  const folder = await temporaryFolder(onTestFinished)
  await mkdir(join(folder, 'bin'))
  if (script !== null) {
    await writeFile(join(folder, 'bin', 'ffmpeg'), `#!/bin/sh\n${script}\n`)
    await chmod(join(folder, 'bin', 'ffmpeg'), 0o755)
  }
  vi.stubEnv('PATH', script === null ? join(folder, 'bin') : `${join(folder, 'bin')}${delimiter}${process.env.PATH}`)
}

test.each([
  ['is not installed', null, 'no_ffmpeg', /apt-get install ffmpeg/],
  ['cannot write H.264', 'echo "Unknown encoder libx264" >&2; exit 1', 'no_encoder', /libx264/],
  [
    'fails at once',
    'echo "No space left on device" >&2; exit 1',
    'ffmpeg_failed',
    /ended with 1: No space left on device/,
  ],
  ['fails after a while', 'head -c 1000000 >/dev/null; echo oops >&2; exit 3', 'ffmpeg_failed', /ended with 3: oops/],
  ['is killed', 'kill -9 $$', 'ffmpeg_failed', /was ended by SIGKILL/],
])('where ffmpeg %s it is said, and that it is not the pictures’ fault', async (_name, script, code, text) => {
  const picture = pictureOf(new Uint8Array(640 * 480 * 3), 640, 3, (x) => x % 251)
  const [path = ''] = await written(onTestFinished, { picture })
  await inItsPlace(script)
  const files = Array.from({ length: 8 }, (_, i) => fileAt(path, { basename: `f${i}` }))
  const asked = run('Time-lapse', { input_files: files, stamp: 'nothing' }, onTestFinished)
  const error = await asked.catch((thrown) => thrown)
  expect(error).toMatchObject({ code, fault: 'environment', message: expect.stringMatching(text) })
})
