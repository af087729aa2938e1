import { buffer } from 'node:stream/consumers'
import { MODEL_FILES } from '@ajar/models'
import { type Entry, fromBufferPromise, type ZipFile as OpenZip } from 'yauzl'
import { ZipFile } from 'yazl'
import { badRequest } from '../../http/errors.ts'

/** Models as zip files: what is written is read again, and the same model gives the same bytes. */

/** So much all files of a model may have once they are unpacked: no zip is a bomb. Bytes. */
const MOST_UNPACKED = 64 * 1024 * 1024
/**
 * So much one of JSON may have, bytes: the test set of 60,000 labels. To read it the server stops for moments, and whoever
 * is compared with it has all of it in one message to the job worker.
 */
const MOST_JSON = 8 * 1024 * 1024
/** Stands for every file: the time when somebody asked says nothing of a model. Written in local time, so the same anywhere. */
const NO_TIME = new Date(1980, 0, 1)
const PLAIN_FILE = 0o100644
/** General purpose bit 0 (APPNOTE 4.4.4). */
const ENCRYPTED = 0x1

/** Weights do not shrink, so nothing is compressed: the zip does not depend on a library's version. */
export async function zipOf(files: ReadonlyMap<string, Uint8Array>): Promise<Buffer> {
  const zip = new ZipFile()
  const options = { mtime: NO_TIME, mode: PLAIN_FILE, compress: false, forceDosTimestamp: true }
  for (const name of MODEL_FILES) {
    const bytes = files.get(name)
    if (bytes) zip.addBuffer(Buffer.from(bytes), name, options)
  }
  zip.end()
  return buffer(zip.outputStream)
}

/**
 * The files of a model in a zip, which may come from anywhere.
 * @throws HttpError 400 `bad_zip`, `unexpected_file`, `too_large_unpacked`
 */
export async function filesIn(zip: Buffer): Promise<Map<string, Uint8Array>> {
  try {
    return await unpack(await fromBufferPromise(zip, { validateEntrySizes: true, strictFileNames: true }))
  } catch (error) {
    if (error instanceof Error && 'status' in error) throw error
    throw badRequest('bad_zip', `this is no zip that can be read: ${(error as Error).message}`)
  }
}

async function unpack(zip: OpenZip): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  let room = MOST_UNPACKED
  for await (const entry of zip.eachEntry()) {
    refuseStrange(entry, files)
    room -= entry.uncompressedSize // the library holds a file to the size that it claims
    if (room < 0)
      throw badRequest('too_large_unpacked', `unpacked it is larger than ${MOST_UNPACKED} bytes: that is no model`)
    files.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)))
  }
  return files
}

function refuseStrange(
  { fileName, generalPurposeBitFlag, uncompressedSize }: Entry,
  files: ReadonlyMap<string, Uint8Array>,
) {
  if (!MODEL_FILES.includes(fileName))
    throw badRequest('unexpected_file', `${fileName} is no file of a model: these are ${MODEL_FILES.join(', ')}`)
  if (files.has(fileName)) throw badRequest('unexpected_file', `${fileName} is in it twice`)
  if (fileName.endsWith('.json') && uncompressedSize > MOST_JSON)
    throw badRequest('too_large_unpacked', `${fileName} is larger than ${MOST_JSON} bytes: that is of no model`)
  if (generalPurposeBitFlag & ENCRYPTED) throw badRequest('bad_zip', `${fileName} is encrypted: send it without`)
}
