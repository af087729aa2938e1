import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { timeInName } from '@ajar/protocol'
import { Type } from 'typebox'
import { instantOf } from '../../clock.ts'
import { AgentError, reasonOf } from '../../failure.ts'
import { cameraFields, type DriverContext, driver, type Picture } from '../driver.ts'

const FILES_MAX = 1_000_000
const DEPTH_MAX = 32

/**
 * Sends the JPEGs of a folder as if a camera saw them now: a replay. The folder is read once, at the start, with its
 * subfolders and symbolic links, sorted by file name whatever subfolder they are in. Names that hold a time
 * (`20151102_042051.jpg`) give the pace; other files follow `intervalMs` apart.
 */
export const folder = driver({
  name: 'folder',
  pacedByInterval: false,
  config: Type.Object(
    {
      ...cameraFields,
      driver: Type.Literal('folder'),
      path: Type.String({ minLength: 1, description: 'the folder; relative to where the agent was started' }),
      speed: Type.Union([Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000 }), Type.Literal('max')], {
        default: 1,
        description: '60 is sixty times as fast as it was; "max" as fast as the server takes the frames',
      }),
      loop: Type.Boolean({ default: false, description: 'begin again at the end' }),
    },
    { additionalProperties: false },
  ),

  async *open({ path, speed, loop, intervalMs }, context) {
    const files = await jpegsIn(path)
    if (files.length === 0) {
      throw new AgentError('empty_folder', 'caller', `${path} holds no .jpg file: put some there or change the path`)
    }
    const startedAt = context.clock.monotonic()
    /** Where we are in the time of the pictures, and where that time stood when the run began. */
    let position = 0
    let previous: string | null = null
    do {
      for (const file of files) {
        if (previous !== null) position += gapMs(previous, file, intervalMs)
        previous = file
        await (speed === 'max' ? context.room() : waitUntil(startedAt + position / speed, context))
        if (context.signal.aborted) return
        const picture = await read(file, context)
        if (picture) yield picture
      }
    } while (loop)
  },
})

/** Every .jpg or .jpeg below `path`, sorted by file name, then by path. */
async function jpegsIn(path: string): Promise<string[]> {
  const files: string[] = []
  await walk(path, 0, files)
  const byName = (a: string, b: string) => compare(basename(a), basename(b)) || compare(a, b)
  return files.sort(byName)
}

/** `stat` follows symbolic links; the depth ends a link that leads back to its own parent. */
async function walk(path: string, depth: number, files: string[]): Promise<void> {
  if (depth > DEPTH_MAX) {
    throw new AgentError('folder_too_deep', 'caller', `${path} is ${DEPTH_MAX} folders deep: does a link lead back up?`)
  }
  for (const name of await readdir(path)) {
    const child = join(path, name)
    if ((await stat(child)).isDirectory()) await walk(child, depth + 1, files)
    else if (['.jpg', '.jpeg'].includes(extname(name).toLowerCase())) files.push(child)
    if (files.length > FILES_MAX) {
      throw new AgentError('folder_too_large', 'caller', `${path} holds more than ${FILES_MAX} pictures: split it`)
    }
  }
}

async function read(file: string, { clock, log }: DriverContext): Promise<Picture | null> {
  try {
    const jpeg = await readFile(file)
    return { jpeg, takenAt: instantOf(clock), source: file }
  } catch (error) {
    log.warn(`${file} is skipped: ${reasonOf(error)}`)
    return null
  }
}

async function waitUntil(due: number, { clock, signal }: DriverContext): Promise<void> {
  const left = due - clock.monotonic()
  if (left > 0) await clock.sleep(left, signal)
}

/** Milliseconds between two pictures: what their names say, or `intervalMs` where they do not say or go backwards. */
function gapMs(before: string, after: string, intervalMs: number): number {
  const [from, to] = [timeInName(before), timeInName(after)]
  return from !== null && to !== null && to >= from ? to - from : intervalMs
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
