import { Type } from 'typebox'
import { AgentError } from '../../failure.ts'
import { cameraFields, driver } from '../driver.ts'
import { hostsOnly } from '../fault.ts'
import { ask } from '../stream/child.ts'
import { encoded, ffmpeg, passedThrough, quietly } from '../stream/ffmpeg.ts'
import { quality, rateFor, stallMs } from '../stream/fields.ts'
import { streamPictures } from '../stream/pictures.ts'

const PROBE_LIMIT_MS = 15_000

/**
 * An IP camera that speaks RTSP, through ffmpeg: JPEGs are passed on as they are, all else is decoded. The address with its
 * password stands in ffmpeg's arguments, since it takes it nowhere else: who may list this machine's processes sees it.
 */
export const rtsp = driver({
  name: 'rtsp',
  pacedByInterval: true,
  config: Type.Object(
    {
      ...cameraFields,
      driver: Type.Literal('rtsp'),
      url: Type.String({ pattern: '^rtsps?://[^\\s]+$', description: 'rtsp://camera.local:554/stream' }),
      user: Type.Optional(Type.String({ minLength: 1, description: 'where it does not stand in the url' })),
      password: Type.Optional(Type.String()),
      transport: Type.Union([Type.Literal('tcp'), Type.Literal('udp')], {
        default: 'tcp',
        description: '"udp" loses pictures where the network does',
      }),
      width: Type.Optional(
        Type.Integer({
          minimum: 16,
          maximum: 8192,
          description: 'pixels; left out: as it comes; not where it sends JPEGs',
        }),
      ),
      quality,
      stallMs,
    },
    { additionalProperties: false },
  ),

  async *open({ url, user, password, transport, width, quality, intervalMs, stallMs }, context) {
    if (!URL.canParse(url)) {
      const text =
        'the url of an RTSP camera cannot be read: are characters of its password to be written as %40 and the like?'
      throw new AgentError('bad_config', 'caller', text)
    }
    const address = withCredentials(url, user, password)
    // The rate of the stream is of no use here, and finding it out takes seconds.
    const from = ['-fpsprobesize', '0', '-rtsp_transport', transport]
    const asked = ['-select_streams', 'v:0', '-show_entries', 'stream=codec_name', '-of', 'csv=p=0']
    const probing = {
      name: 'ffprobe',
      install: ffmpeg.install,
      args: ['-v', 'error', ...from, ...asked, address],
      redact: hostsOnly,
    }
    const { stdout, trouble, ended } = await ask(probing, PROBE_LIMIT_MS, context.signal)
    if (context.signal.aborted) return
    const codec = stdout.trim().split(/\s+/)[0]
    if (trouble !== null || !codec) {
      throw new AgentError('no_camera', 'environment', trouble ?? `${hostsOnly(address)} gives no video: ${ended}`)
    }
    const scale = width === undefined ? [] : [`scale=${width}:-2`]
    const output = codec === 'mjpeg' ? passedThrough : encoded(rateFor(intervalMs), quality, scale)
    const input = [...quietly, '-fflags', 'nobuffer', ...from, '-i', address]
    const program = { ...ffmpeg, args: [...input, '-map', '0:v:0', ...output], redact: hostsOnly }
    yield* streamPictures(program, { intervalMs, stallMs }, context)
  },
})

function withCredentials(url: string, user: string | undefined, password: string | undefined): string {
  if (user === undefined) return url
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(password ?? '')}`
  return url.replace(/^(rtsps?:\/\/)(?:[^/@]*@)?/, (_, scheme: string) => `${scheme}${login}@`)
}
