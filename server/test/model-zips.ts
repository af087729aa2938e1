import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { fromBufferPromise } from 'yauzl'
import { ZipFile } from 'yazl'
import { ADMIN_TOKEN, type Answer, type RunningServer } from './running-server.ts'

export type Files = Map<string, Uint8Array>

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

export async function unzipped(zip: Buffer): Promise<Files> {
  const files: Files = new Map()
  const open = await fromBufferPromise(zip, {})
  for await (const entry of open.eachEntry())
    files.set(entry.fileName, await buffer(await open.openReadStreamPromise(entry)))
  return files
}

export function zipped(files: Iterable<[string, Uint8Array]>): Promise<Buffer> {
  const zip = new ZipFile()
  for (const [name, bytes] of files) zip.addBuffer(Buffer.from(bytes), name)
  zip.end()
  return buffer(zip.outputStream)
}

/** Puts another file in, and its sha256 into the manifest: as somebody would who means it. */
export function replaced(files: Files, name: string, bytes: Uint8Array): Files {
  const manifest = JSON.parse(Buffer.from(files.get('manifest.json') ?? []).toString())
  const sums = { ...manifest.files, [name]: sha256(bytes) }
  return new Map([
    ...files,
    [name, bytes],
    ['manifest.json', Buffer.from(JSON.stringify({ ...manifest, files: sums }))],
  ])
}

export function withManifest(files: Files, change: object): Files {
  const manifest = JSON.parse(Buffer.from(files.get('manifest.json') ?? []).toString())
  return new Map([...files, ['manifest.json', Buffer.from(JSON.stringify({ ...manifest, ...change }))]])
}

export async function download(server: RunningServer, model: string): Promise<{ zip: Buffer; headers: Headers }> {
  const response = await fetch(`${server.url}/api/models/${model}/archive`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  })
  if (response.status !== 200) throw new Error(await response.text())
  return { zip: Buffer.from(await response.arrayBuffer()), headers: response.headers }
}

export async function upload(
  server: RunningServer,
  camera: string,
  zip: Uint8Array | ReadableStream,
  { query = '', headers = {}, ...more }: { query?: string; headers?: object; duplex?: 'half' } = {},
): Promise<Answer> {
  const response = await fetch(`${server.url}/api/cameras/${camera}/models${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/zip', ...headers },
    body: zip instanceof Uint8Array ? new Uint8Array(zip) : zip,
    ...more,
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}
