import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { AgentError } from '../../failure.ts'
import { cameraFields, driver } from '../driver.ts'
import { ask } from '../stream/child.ts'
import { encoded, ffmpeg, passedThrough, quietly } from '../stream/ffmpeg.ts'
import { args, framerate, height, quality, rateFor, stallMs, width } from '../stream/fields.ts'
import { streamPictures } from '../stream/pictures.ts'

const PROBE_LIMIT_MS = 8000
/** udev names webcams here; a Pi's own codecs and sensors, which are video devices as well, have no such name. */
const WEBCAMS = '/dev/v4l/by-id'

/** A webcam, through ffmpeg. JPEGs that it makes by itself are passed on as they are; what comes raw is encoded. */
export const v4l2 = driver({
  name: 'v4l2',
  pacedByInterval: true,
  config: Type.Object(
    {
      ...cameraFields,
      driver: Type.Literal('v4l2'),
      device: Type.Optional(Type.String({ minLength: 1, description: 'such as /dev/video0; left out: a webcam' })),
      camera: Type.Integer({ minimum: 0, maximum: 15, default: 0, description: 'which webcam, in order of their ids' }),
      width,
      height,
      framerate,
      quality,
      args,
      stallMs,
    },
    { additionalProperties: false },
  ),

  async probe({ device, camera }) {
    const offer = await offerOf(device, camera)
    return 'whyNot' in offer ? offer.whyNot : null
  },

  async *open({ device, camera, width, height, framerate, quality, args, intervalMs, stallMs }, context) {
    const offer = await offerOf(device, camera, context.signal)
    if (context.signal.aborted) return
    if ('whyNot' in offer) throw new AgentError('no_camera', 'environment', offer.whyNot)
    const rate = rateFor(intervalMs)
    const size = ['-video_size', `${width}x${height}`, '-framerate', String(framerate ?? rate)]
    const input = ['-f', 'v4l2', ...(offer.jpegs ? ['-input_format', 'mjpeg'] : []), ...size, ...args]
    const output = offer.jpegs ? passedThrough : encoded(framerate ?? rate, quality)
    const program = { ...ffmpeg, args: [...quietly, ...input, '-i', offer.device, ...output] }
    yield* streamPictures(program, { intervalMs, stallMs }, context)
  },
})

type Offer = { device: string; jpegs: boolean } | { whyNot: string }

/** What a webcam can give, or why it gives nothing. */
async function offerOf(named: string | undefined, camera: number, signal?: AbortSignal): Promise<Offer> {
  const device = named ?? (await webcams())[camera]
  if (device === undefined) return { whyNot: `no webcam ${camera} at ${WEBCAMS}: connect one, or name its device` }
  const listing = ['-hide_banner', '-nostdin', '-f', 'v4l2', '-list_formats', 'all', '-i', device]
  const { stderr, trouble, ended } = await ask({ ...ffmpeg, args: listing }, PROBE_LIMIT_MS, signal)
  if (trouble !== null) return { whyNot: trouble }
  if (/Compressed\s*:\s+mjpeg\b/.test(stderr)) return { device, jpegs: true }
  if (/Raw\s*:\s+(?!Unsupported)\w/.test(stderr)) return { device, jpegs: false }
  return { whyNot: `${device} offers no pictures: ${ended}` }
}

async function webcams(): Promise<string[]> {
  const names = await readdir(WEBCAMS).catch(() => [])
  return names
    .filter((name) => name.endsWith('-video-index0'))
    .sort()
    .map((name) => join(WEBCAMS, name))
}
