import { createReadStream, createWriteStream } from 'node:fs'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import { Api, type Job } from './api.ts'
import type { RunningAddress } from './running.ts'
import { streamCall } from './stream-call.ts'

/** What an import came to. */
export interface Imported {
  imported: number
  labelled: number
  duplicates: number
  skipped: { file: string; reason: string }[]
  skippedCount: number
}

type OnProgress = (phase: string, fraction: number) => void

/** As many as the server takes at once. */
const MOST_FILES = 20_000
const DEPTH_MAX = 8
const PACKED = /\.(jpe?g|png|webp)$|^manifest\.json$/i
/** Packing and sending take about as long as the rest. */
const SENDING = 0.4

/**
 * Sends a folder of labelled pictures, or a zip of them, or a CSV of labelled readings, to a running server, and waits
 * until all of it is in.
 * @param source a camera's id, or a sensor's where the path is that of a CSV
 * @param path a folder with one folder per state, a zip, or a CSV
 * @throws Error in words for whoever typed the command
 */
export async function importSet(
  server: RunningAddress,
  source: string,
  path: string,
  { addStates, onProgress }: { addStates: boolean; onProgress: OnProgress },
): Promise<Imported> {
  const what = await stat(path).catch((error: Error) => {
    throw new Error(`${path} cannot be read: ${error.message}`)
  })
  const { body, bytes, length } = what.isDirectory()
    ? await packed(path)
    : { body: createReadStream(path), bytes: what.size, length: what.size }
  const answer = await streamCall(server, {
    method: 'POST',
    path: `/api/${isCsv(path) ? 'sensors' : 'cameras'}/${source}/import${addStates ? '?states=add' : ''}`,
    body: counted(body, (sent) => onProgress('send', SENDING * Math.min(sent / Math.max(bytes, 1), 1))),
    headers: {
      'content-type': isCsv(path) ? 'text/csv' : 'application/zip',
      ...(length === null ? {} : { 'content-length': String(length) }),
    },
  })
  const { id } = JSON.parse(Buffer.concat(await answer.toArray()).toString()) as Job
  const api = new Api(server.address, server.token)
  const job = await api.finished(id, ({ phase, progress }) =>
    onProgress(phase ?? 'wait', SENDING + (1 - SENDING) * progress),
  )
  return job.result as unknown as Imported
}

/** Whether it holds readings of a sensor; all else holds pictures. */
export function isCsv(path: string): boolean {
  return /\.csv$/i.test(path)
}

/** Writes all labelled frames of a camera into a zip: into a file of that name, when it is whole. @returns its bytes */
export async function exportSet(
  server: RunningAddress,
  camera: string,
  file: string,
  { marks, onProgress }: { marks: boolean; onProgress: (bytes: number) => void },
): Promise<number> {
  const answer = await streamCall(server, {
    method: 'GET',
    path: `/api/cameras/${camera}/export${marks ? '' : '?marks=false'}`,
  })
  const part = `${file}.part`
  let bytes = 0
  try {
    const counting = counted(answer, (received) => {
      bytes = received
      onProgress(received)
    })
    await pipeline(counting, createWriteStream(part, { flush: true }))
    await rename(part, file)
    return bytes
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}

/** A folder as a zip that is made while it is read. */
async function packed(folder: string): Promise<{ body: Readable; bytes: number; length: null }> {
  const files = await filesIn(folder)
  if (files.length === 0)
    throw new Error(`${folder} holds no pictures: one folder per state is expected, with .jpg, .png or .webp files`)
  if (files.length > MOST_FILES)
    throw new Error(
      `${folder} holds ${files.length} pictures, at most ${MOST_FILES} are taken at once: import it in parts`,
    )
  const zip = new ZipFile()
  const body = zip.outputStream as Readable
  zip.once('error', (error: Error) => body.destroy(error))
  let bytes = 0
  for (const path of files) {
    bytes += (await stat(path)).size
    zip.addFile(path, relative(folder, path).split(sep).join('/'), { compress: false })
  }
  zip.end()
  return { body, bytes, length: null }
}

/** Pictures and a manifest, by path; nothing that is hidden. */
async function filesIn(folder: string, depth = 0): Promise<string[]> {
  if (depth > DEPTH_MAX) throw new Error(`${folder} is ${DEPTH_MAX} folders deep: does a link lead back up?`)
  const files: string[] = []
  for (const name of (await readdir(folder)).sort()) {
    if (name.startsWith('.')) continue
    const path = join(folder, name)
    if ((await stat(path)).isDirectory()) files.push(...(await filesIn(path, depth + 1)))
    else if (PACKED.test(name)) files.push(path)
  }
  return files
}

/** Passes bytes on, and tells how many there were. */
function counted(from: Readable, tell: (bytes: number) => void): Readable {
  let bytes = 0
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      tell(bytes)
      done(null, chunk)
    },
  })
  from.once('error', (error) => counting.destroy(error))
  from.once('close', () => {
    if (!from.readableEnded) counting.destroy(new Error('the connection broke in the middle'))
  })
  return from.pipe(counting)
}
