import { type Static, Type } from 'typebox'
import { cameraFields, type DriverContext, type Picture } from '../driver.ts'
import { ask, type Program } from './child.ts'
import { args, framerate, height, quality, rateFor, stallMs, width } from './fields.ts'
import { streamPictures } from './pictures.ts'

const PROBE_LIMIT_MS = 8000
const NONE = /no cameras available/i
const DENIED = /permission denied|could not open any dma/i
const PERMIT = 'is this user in the group video?'

/** The config fields of a camera on a Pi's ribbon cable, but for the driver's name. */
export const piCameraFields = {
  ...cameraFields,
  camera: Type.Integer({ minimum: 0, maximum: 15, default: 0, description: 'which, as --list-cameras numbers them' }),
  width,
  height,
  framerate,
  quality,
  rotation: Type.Union([Type.Literal(0), Type.Literal(180)], { default: 0, description: 'degrees, 0 or 180' }),
  args,
  stallMs,
}
const fields = Type.Object(piCameraFields)
type PiCamera = Static<typeof fields>

/**
 * One long-lived process: a camera takes up to 7 s to start, so a process for each picture would be too slow. `--flush`,
 * because otherwise the end of each picture comes only with the next one.
 */
export function piCameraPictures(
  program: Omit<Program, 'args'>,
  config: PiCamera,
  context: DriverContext,
): AsyncIterable<Picture> {
  const { camera, width, height, framerate, quality, rotation, args, intervalMs } = config
  const settings = { camera, width, height, framerate: framerate ?? rateFor(intervalMs), quality, rotation }
  const named = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  const all = ['--codec', 'mjpeg', '-t', '0', '-n', '--flush', ...named, ...args, '-o', '-']
  return streamPictures({ ...program, args: all }, config, context)
}

/** Null where the program is there and lists the camera. */
export async function whyNoPiCamera(program: Omit<Program, 'args'>, { camera }: PiCamera): Promise<string | null> {
  const { stdout, stderr, trouble, ended } = await ask({ ...program, args: ['--list-cameras'] }, PROBE_LIMIT_MS)
  if (trouble !== null) return trouble
  // Some releases write the list to standard error.
  const listed = `${stdout}\n${stderr}`.matchAll(/^\s*(\d+)\s*:\s/gm)
  const cameras = [...new Set([...listed].map(([, index]) => Number(index)))]
  if (cameras.includes(camera)) return null
  if (cameras.length > 0) return `${program.name} lists camera ${cameras.join(', ')}, not ${camera}`
  // What it may not open it does not see either, and says the same in the end.
  const denied = stderr.split(/[\r\n]+/).find((line) => DENIED.test(line))
  if (denied) return `${program.name} may not use the camera (${denied.trim().slice(-120)}): ${PERMIT}`
  if (NONE.test(`${stdout}\n${stderr}`)) {
    return `${program.name} finds no camera: is its ribbon cable in place, and does the system have its overlay?`
  }
  return `${program.name} lists no cameras: it ${ended.slice(program.name.length + 1)}`
}
