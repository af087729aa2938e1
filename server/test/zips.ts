import { buffer } from 'node:stream/consumers'
import { ZipFile } from 'yazl'
import { jobEnded } from './lesson.ts'
import { ADMIN_TOKEN, type Answer, type RunningServer } from './running-server.ts'

export interface Packed {
  name: string
  bytes: Uint8Array | string
  compress?: boolean
  mtime?: Date
  /** As Unix has it. */
  mode?: number
}

export async function zipOf(files: Packed[]): Promise<Uint8Array> {
  const zip = new ZipFile()
  for (const { name, bytes, ...options } of files)
    zip.addBuffer(Buffer.from(bytes), name, { compress: false, ...options })
  zip.end()
  return new Uint8Array(await buffer(zip.outputStream as NodeJS.ReadableStream))
}

/** Writes other bytes over each place where these stand: what no packer would write. */
export function tampered(zip: Uint8Array, from: string | Uint8Array, to: string | Uint8Array): Uint8Array {
  const [search, by] = [Buffer.from(from), Buffer.from(to)]
  if (search.length !== by.length) throw new Error('of one length')
  const bytes = Buffer.from(zip)
  for (let at = bytes.indexOf(search); at !== -1; at = bytes.indexOf(search, at + by.length)) by.copy(bytes, at)
  return new Uint8Array(bytes)
}

/** Sends a zip. @returns the answer, whose body is the job */
export async function upload(
  server: RunningServer,
  camera: string,
  zip: Uint8Array | ReadableStream,
  query = '',
): Promise<Answer> {
  const response = await fetch(`${server.url}/api/cameras/${camera}/import${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/zip' },
    body: zip as Uint8Array<ArrayBuffer>,
    ...({ duplex: 'half' } as object),
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

/** Sends a zip and waits for the end of its import. @returns the job */
export async function importZip(server: RunningServer, camera: string, zip: Uint8Array, query = '') {
  const { status, body } = await upload(server, camera, zip, query)
  if (status !== 202) throw new Error(`${status} ${JSON.stringify(body)}`)
  return jobEnded(server, body.id)
}

/** The zip of an export. */
export async function exported(server: RunningServer, camera: string, query = ''): Promise<Uint8Array> {
  const response = await fetch(`${server.url}/api/cameras/${camera}/export${query}`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  })
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  return response.bytes()
}
