import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { checkJpeg, DecodeError } from '@ajar/models'
import { timeInName } from '@ajar/protocol'
import sharp from 'sharp'
import type { Entry } from 'yauzl'
import { clockFlaw } from '../../capture-time.ts'
import { layoutOf, statesAfter } from './import-layout.ts'
import type { ImportMessage, ImportTask } from './import-messages.ts'
import { readManifest } from './manifest.ts'
import { timeInExif } from './picture-time.ts'
import { shown, Zip } from './zip.ts'

type ZipTask = Pick<ImportTask, 'path' | 'states' | 'addStates' | 'maxFrameBytes' | 'maxTotalBytes'>
type Tell = (message: ImportMessage) => Promise<void>

/** Twenty thousand lines of it. */
const MOST_MANIFEST_BYTES = 16 * 1024 * 1024
const JPEG_QUALITY = 92
/** As for JPEGs (`checkJpeg`). */
const MOST_PIXELS = 50_000_000

/**
 * Reads a zip of labelled pictures, as a task of the job worker: what a stranger packed is unpacked where it harms nobody.
 * All of it is looked at before anything is told that would be kept.
 * @throws ImportError where it is refused as a whole; a picture that cannot be used is left out
 */
export async function importZip(task: ZipTask, _inputs: AsyncIterable<never>, tell: Tell): Promise<object> {
  const zip = await Zip.open(task.path, task)
  try {
    const layout = layoutOf(zip.entries.map(({ fileName }) => fileName))
    const states = statesAfter(layout.pictures.values(), task, 'camera')
    const pictures = zip.entries.filter(({ fileName }) => layout.pictures.has(fileName))
    const manifest = await manifestOf(zip, layout.manifest)
    for (const [i, entry] of pictures.entries()) {
      if (entry.uncompressedSize <= task.maxFrameBytes) await zip.probe(entry)
      await tell({ kind: 'checked', fraction: (i + 1) / pictures.length })
    }
    await tell({ kind: 'plan', states, items: pictures.length })
    for (const file of layout.others) await tell({ kind: 'left_out', file: shown(file), reason: 'it is no picture' })
    const times = new Set<number>()
    for (const entry of pictures) {
      const state = layout.pictures.get(entry.fileName) ?? ''
      const told = manifest.get(besideManifest(entry, layout.manifest)) ?? null
      const picture = await pictureOf(zip, entry, told, task.maxFrameBytes)
      const file = shown(entry.fileName)
      if (typeof picture === 'string') await tell({ kind: 'left_out', file, reason: picture })
      else {
        const item = { file, state, content: picture.jpeg, capturedAt: free(times, picture.takenAt) }
        await tell({ kind: 'labelled', items: [item] })
      }
    }
    return {}
  } finally {
    zip.close()
  }
}

type Told = { capturedAt: number; sha256: string | null }

async function manifestOf(zip: Zip, name: string | null): Promise<Map<string, Told>> {
  const entry = zip.entries.find(({ fileName }) => fileName === name)
  if (!entry) return new Map()
  if (entry.uncompressedSize > MOST_MANIFEST_BYTES) return readManifest('it is too long')
  return readManifest(await zip.read(entry))
}

/** A manifest names files as they lie beside it, whatever folder all of that was packed in. */
function besideManifest({ fileName }: Entry, manifest: string | null): string {
  return manifest === null ? fileName : posix.relative(posix.dirname(manifest), fileName)
}

/** @returns why it cannot be used, where it cannot */
async function pictureOf(
  zip: Zip,
  entry: Entry,
  told: Told | null,
  maxFrameBytes: number,
): Promise<{ jpeg: Uint8Array; takenAt: number } | string> {
  if (entry.uncompressedSize > maxFrameBytes) return tooLarge(entry.uncompressedSize, maxFrameBytes)
  const bytes = await zip.read(entry)
  if (typeof bytes === 'string') return bytes
  if (told?.sha256 && createHash('sha256').update(bytes).digest('hex') !== told.sha256)
    return 'it is not the picture that the manifest means: its sha256 is another one'
  try {
    const jpeg = isJpeg(bytes) ? bytes : await toJpeg(bytes)
    checkJpeg(jpeg)
    if (jpeg.byteLength > maxFrameBytes) return tooLarge(jpeg.byteLength, maxFrameBytes)
    const takenAt = told?.capturedAt ?? timeInName(entry.fileName) ?? (await takenAtOf(bytes)) ?? packedAt(entry)
    return clockFlaw(takenAt, Date.now()) ? 'its time is in the future or before 2000' : { jpeg, takenAt }
  } catch (error) {
    if (error instanceof DecodeError) return error.message
    throw error
  }
}

function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8
}

/** PNG and WebP, by their bytes: whatever else the library reads, nobody sends as a picture of a camera. */
async function toJpeg(bytes: Uint8Array): Promise<Uint8Array> {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 12)).toString('latin1')
  if (!head.startsWith('\x89PNG\r\n') && !/^RIFF....WEBP/s.test(head))
    throw new DecodeError('not_jpeg', 'it is neither a JPEG nor a PNG nor a WebP, whatever its name says')
  try {
    const picture = sharp(bytes, { failOn: 'truncated', limitInputPixels: MOST_PIXELS })
    return await picture.flatten().jpeg({ quality: JPEG_QUALITY }).toBuffer()
  } catch (error) {
    throw new DecodeError('not_jpeg', `it cannot be decoded: ${(error as Error).message}`)
  }
}

async function takenAtOf(bytes: Uint8Array): Promise<number | null> {
  const { exif } = await sharp(bytes)
    .metadata()
    .catch(() => ({ exif: undefined }))
  return exif ? timeInExif(exif) : null
}

/** What a packer writes without a time zone is taken as UTC, as all times here are. */
function packedAt(entry: Entry): number {
  return entry.getLastModDate({ timezone: 'UTC' }).getTime()
}

/** Two pictures of one time are two frames. */
function free(times: Set<number>, at: number): number {
  let time = at
  while (times.has(time)) time += 1
  times.add(time)
  return time
}

function tooLarge(bytes: number, most: number): string {
  return `${bytes} bytes are more than ${most} (AJAR_MAX_FRAME_BYTES)`
}
