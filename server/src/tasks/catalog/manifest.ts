import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { fileNow } from './identity.ts'

/** What a file beside a task says of it. It goes before what the task says itself. */
export interface Manifest {
  /** A program and its first arguments; what begins with `./` or `../` is a path from the manifest. */
  run?: string[]
  title?: string
  description?: string
  /** JSON Schema. */
  params?: unknown
  limits?: unknown
  /** False: see `Task.cached`. */
  cache?: boolean
}

const MOST_BYTES = 1 << 20
const TEXTS = { title: 200, description: 10_000 } as const

/** @throws Error that says what is wrong with it */
export async function readManifest(path: string): Promise<Manifest> {
  const file = basename(path)
  const text = await textOf(path, file)
  let said: unknown
  try {
    said = JSON.parse(text)
  } catch (error) {
    throw new Error(`${file} is no JSON: ${(error as Error).message}`)
  }
  if (said === null || typeof said !== 'object' || Array.isArray(said)) throw new Error(`${file} has to be an object.`)
  const { run, title, description, params, limits, cache, ...unknown } = said as Record<string, unknown>
  const [key] = Object.keys(unknown)
  if (key !== undefined)
    throw new Error(`${file} has ${key}, which it cannot: run, title, description, params, limits and cache are known.`)
  for (const [name, most] of Object.entries(TEXTS)) {
    const value = (said as Record<string, unknown>)[name]
    if (value !== undefined && (typeof value !== 'string' || value.length > most))
      throw new Error(`${name} in ${file} has to be a text of ${most} characters at most.`)
  }
  if (cache !== undefined && typeof cache !== 'boolean') throw new Error(`cache in ${file} has to be true or false.`)
  if (run !== undefined && !isCommand(run))
    throw new Error(`run in ${file} has to be a list of texts, the program first: ["./bin/x", "--flag"].`)
  return said as Manifest
}

/** What is no file, or too large, is not opened: a FIFO would keep a thread of ours for ever. */
async function textOf(path: string, file: string): Promise<string> {
  const now = await fileNow(path)
  if (now && !now.isFile) throw new Error(`${file} is no file.`)
  if (now && now.bytes > MOST_BYTES) throw tooLarge(file)
  // It may be another one by now.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MOST_BYTES + 1), 0, MOST_BYTES + 1, 0)
    if (bytesRead > MOST_BYTES) throw tooLarge(file)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}

function tooLarge(file: string) {
  return new Error(`${file} is larger than ${MOST_BYTES} bytes.`)
}

function isCommand(run: unknown): run is string[] {
  return Array.isArray(run) && run.every((one) => typeof one === 'string' && !one.includes('\0')) && !!run[0]
}

/** The command as it can be started from any folder. */
export function commandOf(run: readonly string[], manifest: string): string[] {
  return run.map((one) => (/^\.\.?\//.test(one) ? resolve(dirname(manifest), one) : one))
}
