import type { ChildProcess } from 'node:child_process'
import { access, constants, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { ICameraOptions, Raspistill } from 'node-raspistill'
import { type Static, Type } from 'typebox'
import { instantOf } from '../../clock.ts'
import { AgentError, reasonOf, systemCode } from '../../failure.ts'
import { cameraFields, type DriverContext, driver } from '../driver.ts'
import { ask } from '../stream/child.ts'
import { height, quality, stallMs, width } from '../stream/fields.ts'
import { wholeJpeg } from '../stream/splitter.ts'

const PROBE_LIMIT_MS = 5000
const GRACE_MS = 2000
const LARGEST = 4
const NAME = 'picture'
/** Memory, where there is such a folder: a picture a second would wear an SD card out. */
const MEMORY = '/dev/shm'
const install = 'raspistill is not installed: it is of Raspberry Pi OS before Bookworm; later ones have rpicam'

const config = Type.Object(
  {
    ...cameraFields,
    driver: Type.Literal('raspistill'),
    width,
    height,
    quality,
    rotation: Type.Union(
      [0, 90, 180, 270].map((degrees) => Type.Literal(degrees)),
      {
        default: 0,
        description: 'degrees: 0, 90, 180 or 270',
      },
    ),
    warmUpMs: Type.Integer({
      minimum: 1,
      maximum: 30_000,
      default: 1000,
      description: 'for exposure and white balance to settle, before each picture',
    }),
    stallMs,
  },
  { additionalProperties: false },
)
type Config = Static<typeof config>

/**
 * The camera of an old Pi (Raspberry Pi OS before Bookworm), by a process for each picture, as node-raspistill does it.
 *
 * That package's own ways of handing a picture over lose data: read from the program's output, it stops at the program's
 * end and not at the output's (an empty or cut picture counts as success), and throws the picture away for any line on
 * standard error; read from a file, it reads at the first change of that file. Here it only runs the program; the file is
 * read after the program has ended, and must be one whole JPEG.
 */
export const raspistill = driver({
  name: 'raspistill',
  pacedByInterval: true,
  config,

  async probe() {
    if (!(await isOnPath('raspistill'))) return install
    const loaded = await load().catch((error: unknown) => reasonOf(error))
    if (typeof loaded === 'string') return loaded
    const vcgencmd = { name: 'vcgencmd', install: '', args: ['get_camera'] }
    const { stdout } = await ask(vcgencmd, PROBE_LIMIT_MS)
    return /detected=0/.test(stdout) ? 'raspistill finds no camera: vcgencmd get_camera says detected=0' : null
  },

  async *open(config, context) {
    const { clock, signal } = context
    const folder = await mkdtemp(join(await memory(), 'ajar-raspistill-'))
    try {
      while (!signal.aborted) {
        const startedAt = clock.monotonic()
        const jpeg = await takePicture(folder, config, context)
        if (jpeg === null) return
        // The program takes it at its very end.
        yield { jpeg, takenAt: instantOf(clock), source: null }
        await clock.sleep(Math.max(0, config.intervalMs - (clock.monotonic() - startedAt)), signal)
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
})

/** One whole picture; null when the camera is to be stopped meanwhile. */
async function takePicture(folder: string, config: Config, context: DriverContext): Promise<Uint8Array | null> {
  const { width, height, quality, rotation, warmUpMs, stallMs } = config
  const file = join(folder, `${NAME}.jpg`)
  await rm(file, { force: true })
  const Camera = await load()
  const saved = { outputDir: folder, fileName: NAME, encoding: 'jpg', noPreview: true } as const
  const camera = new Camera({ ...saved, width, height, quality, rotation, time: warmUpMs })
  const enough = new AbortController()
  const stop = () => enough.abort()
  context.signal.addEventListener('abort', stop, { once: true })
  const late = context.clock.sleep(warmUpMs + stallMs, enough.signal).then(() => 'late' as const)
  try {
    const outcome = await Promise.race([camera.takePhoto().then(() => 'done' as const), late])
    if (context.signal.aborted) return null
    if (outcome === 'late') {
      const text = `raspistill gave no picture for ${(warmUpMs + stallMs) / 1000} s`
      throw new AgentError('camera_stalled', 'environment', text)
    }
    return await readWhole(file, context.maxFrameBytes * LARGEST)
  } catch (error) {
    if (error instanceof AgentError) throw error
    if (systemCode(error) === 'ENOENT') throw new AgentError('camera_missing', 'environment', install, error)
    throw new AgentError('camera_ended', 'environment', `raspistill failed: ${shortened(reasonOf(error))}`, error)
  } finally {
    context.signal.removeEventListener('abort', stop)
    stop()
    await end(camera)
  }
}

async function readWhole(file: string, maxBytes: number): Promise<Uint8Array> {
  const size = (await stat(file).catch(() => null))?.size ?? 0
  if (size === 0) throw new AgentError('camera_ended', 'environment', 'raspistill ended well, but wrote no picture')
  if (size > maxBytes) {
    throw new AgentError('camera_ended', 'caller', `raspistill wrote ${size} bytes: choose a smaller width and height`)
  }
  const jpeg = wholeJpeg(await readFile(file))
  if (jpeg) return jpeg
  throw new AgentError('camera_ended', 'environment', `raspistill wrote ${size} bytes that are no whole JPEG`)
}

/** The package asks its program to end and leaves it at that. */
async function end(camera: Raspistill): Promise<void> {
  camera.stop()
  const child = childOf(camera)
  if (!child || hasEnded(child)) return
  const { promise: gone, resolve } = Promise.withResolvers<void>()
  child.once('exit', () => resolve())
  if (hasEnded(child)) return
  const kill = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
  const giveUp = setTimeout(resolve, GRACE_MS * 2)
  await gone
  clearTimeout(kill)
  clearTimeout(giveUp)
}

function hasEnded({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null
}

/** The package keeps it to itself; its version is pinned. */
function childOf(camera: Raspistill): ChildProcess | undefined {
  return (camera as unknown as { _executor?: { _childProcess?: ChildProcess } })._executor?._childProcess
}

/** Loaded when it is needed, because it is optional. */
async function load(): Promise<new (options: ICameraOptions) => Raspistill> {
  try {
    return (await import('node-raspistill')).Raspistill
  } catch (error) {
    const text = 'the package node-raspistill is not installed: npm install it beside the agent, or use another driver'
    throw new AgentError('camera_missing', 'environment', text, error)
  }
}

async function memory(): Promise<string> {
  const usable = await access(MEMORY, constants.W_OK).then(
    () => true,
    () => false,
  )
  return usable ? MEMORY : tmpdir()
}

async function isOnPath(program: string): Promise<boolean> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const found = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return true
  }
  return false
}

function shortened(text: string): string {
  return text
    .trim()
    .split(/\s*\n\s*/)
    .slice(-3)
    .join(' | ')
    .slice(0, 600)
}
