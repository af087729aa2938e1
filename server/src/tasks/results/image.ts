import { ImageError, imageInfo } from '@ajar/images'
import { badResult } from './bad-result.ts'
import type { ResultFile } from './result-file.ts'

/** A picture that a task wrote. */
export interface ImageResult {
  kind: 'image'
  format: 'fits' | 'png' | 'jpeg'
  /** In pixels. */
  width: number
  height: number
}

/** Whether the file begins as a picture does that a task may write. */
export function isImage({ head }: ResultFile): boolean {
  const text = head.toString('latin1', 0, 9)
  return (
    text === 'SIMPLE  =' || text.startsWith('\x89PNG') || text.startsWith('\xff\xd8\xff') || text.startsWith('\x1f\x8b')
  )
}

/** @throws TaskError `bad_result` */
export async function readImage({ path }: ResultFile): Promise<ImageResult> {
  const { kind, width, height } = await imageInfo(path).catch(asBadResult)
  if (kind === 'tiff') throw badResult('TIFF is no picture that tasks may write: FITS, PNG and JPEG are.')
  return { kind: 'image', format: kind, width, height }
}

/** A picture that breaks off is the task's fault, and a disk that does is not. */
export function asBadResult(error: unknown): never {
  if (error instanceof ImageError && error.code === 'not_an_image')
    throw badResult(`${error.message} Tables in FITS are not read: write them as CSV, IPAC or VOTable.`)
  if (error instanceof ImageError) throw badResult(error.message)
  throw error
}
