import { writeFile } from 'node:fs/promises'
import { parentPort } from 'node:worker_threads'
import { ImageError, type ImageReader, openImage, toJpeg, toTiff, wcsOf } from '@ajar/images'
import { requireDecodable, requireMemory } from './most-memory.ts'
import { profileOf } from './profile.ts'
import { rawData } from './raw-data.ts'
import { readSmaller } from './read-smaller.ts'
import { AnalysisError, type AnalysisReply, type AnalysisRequest } from './requests.ts'

/** A thread that looks into pictures, one at a time. */

const port = parentPort
if (!port) throw new Error('analysis-thread runs only as a worker thread')

port.on('message', async (request: (AnalysisRequest & { id: number }) | 'close') => {
  if (request === 'close') return port.close()
  const { id } = request
  try {
    const value = await answerTo(request)
    reply({ id, value }, value ? [value.buffer as ArrayBuffer] : [])
  } catch (error) {
    const { message } = error as Error
    if (error instanceof ImageError || error instanceof AnalysisError) reply({ id, error: message })
    else if ((error as NodeJS.ErrnoException).code === 'ENOENT') reply({ id, error: `${request.name} is not there.` })
    else reply({ id, failed: message })
  }
})

function reply(message: AnalysisReply, transfer: ArrayBuffer[] = []) {
  port?.postMessage(message, transfer)
}

async function answerTo(request: AnalysisRequest): Promise<Uint8Array | null> {
  const { from, name } = request
  const reader = await openImage(from, { name })
  try {
    requireDecodable(reader)
    switch (request.kind) {
      case 'write-tif':
        await write(await tiffOf(reader), request)
        return null
      case 'raw-data':
        return json(await rawData(reader, request.maxSize))
      case 'line-profile':
        return json(await profileOf(reader, request))
      case 'wcs':
        return json(placeInSky(reader, name))
      case 'jpg':
        return new Uint8Array(await jpegOf(reader, request)) // the encoder's own memory cannot be given away
      case 'write-jpg':
        await write(await jpegOf(reader, { ...request, stretch: null }), request)
        return null
    }
  } finally {
    await reader.close()
  }
}

async function jpegOf(
  reader: ImageReader,
  look: Pick<AnalysisRequest & { kind: 'jpg' }, 'stretch' | 'width' | 'height'>,
) {
  const { width, height } = look
  // As large as it is at most while it fits inside.
  const fitting = Math.min(1, width / reader.width, height / reader.height)
  const maxSize = Math.max(1, Math.ceil(Math.max(reader.width, reader.height) * fitting))
  return toJpeg(await readSmaller(reader, { maxSize, asLuminance: false }), look)
}

async function tiffOf(reader: ImageReader) {
  const { width, height, planes } = reader
  // Beside the samples those of the TIFF, 16 bits each, and the same with colours side by side.
  requireMemory(reader, width * height * planes, planes === 1 ? 2 : 4)
  return toTiff({ width, height, planes, samples: await reader.rows(0, height) })
}

async function write(bytes: Uint8Array, { to, mostBytes }: { to: string; mostBytes: number }) {
  if (bytes.length > mostBytes)
    throw new AnalysisError(
      `There is no room for ${bytes.length} bytes: delete operations or uploads, or make room on the disk.`,
    )
  await writeFile(to, bytes, { flush: true, mode: 0o600 })
}

function placeInSky(reader: ImageReader, name: string) {
  const wcs = wcsOf(reader.cards)
  if (!wcs) throw new AnalysisError(`${name} does not say where in the sky it is.`)
  const { crval, crpix, cd1, cd2 } = wcs
  return { crval, crpix, cd1, cd2, fits_dimensions: [reader.width, reader.height] }
}

/** Text of a million numbers takes a while: it is made here. */
function json(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}
