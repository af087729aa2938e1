import { constants, type FileHandle, open } from 'node:fs/promises'
import { badResult } from './bad-result.ts'
import { MOST_BYTES } from './bounds.ts'

const HEAD_BYTES = 64 * 1024
const PIECE_BYTES = 256 * 1024

/** The file that a task wrote, read piece by piece as often as it takes. */
export interface ResultFile {
  path: string
  bytes: number
  /** What it begins with. */
  head: Buffer
  /** All of it, in order. Each piece is the reader's own. */
  pieces(): AsyncGenerator<Buffer, undefined>
}

/** @throws TaskError `bad_result` where there is none, or it is too large to be read */
export async function openResult(path: string): Promise<ResultFile> {
  const handle = await openRegular(path)
  try {
    const { size } = await handle.stat()
    if (size === 0) throw badResult('the file is empty.')
    if (size > MOST_BYTES) throw badResult(`the file has more than ${MOST_BYTES / 1e9} GB.`)
    const head = Buffer.alloc(Math.min(size, HEAD_BYTES))
    const { bytesRead } = await handle.read(head, 0, head.length, 0)
    return { path, bytes: size, head: head.subarray(0, bytesRead), pieces: () => piecesOf(path) }
  } finally {
    await handle.close()
  }
}

async function* piecesOf(path: string): AsyncGenerator<Buffer, undefined> {
  const handle = await openRegular(path)
  try {
    for (;;) {
      const piece = Buffer.allocUnsafe(PIECE_BYTES)
      const { bytesRead } = await handle.read(piece, 0, PIECE_BYTES)
      if (bytesRead === 0) return
      yield piece.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}

/** A link is not followed, and a named pipe not waited for. */
async function openRegular(path: string): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const handle = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EMFILE' || error.code === 'EIO') throw error
    throw badResult(`the file cannot be opened (${error.code}).`)
  })
  if ((await handle.stat()).isFile()) return handle
  await handle.close()
  throw badResult('it is no file.')
}
