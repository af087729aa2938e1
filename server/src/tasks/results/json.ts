import { badResult } from './bad-result.ts'
import { MOST_INLINE_BYTES } from './bounds.ts'
import { JsonCheck } from './json-check.ts'
import type { ResultFile } from './result-file.ts'

/** JSON that a task wrote. */
export interface JsonResult {
  kind: 'json'
  /** Undefined where it is too long to be handed on: it stands in its file only. */
  value: unknown
  bytes: number
}

/** Some programs begin UTF-8 with it (RFC 8259, 8.1: it may be passed over). */
const BOM = Buffer.from('\ufeff')

/** @throws TaskError `bad_result` */
export async function readJson(file: ResultFile): Promise<JsonResult> {
  const isInline = file.bytes <= MOST_INLINE_BYTES
  // Of what stands in its file only nobody is shown something else than the file says.
  const check = new JsonCheck({ noNameTwice: isInline })
  const kept: Uint8Array[] = []
  let isFirst = true
  for await (const piece of file.pieces()) {
    const json = isFirst && piece.subarray(0, 3).equals(BOM) ? piece.subarray(3) : piece
    isFirst = false
    check.push(json)
    if (isInline) kept.push(json)
  }
  check.end()
  return { kind: 'json', value: kept.length > 0 ? JSON.parse(textOf(kept)) : undefined, bytes: file.bytes }
}

function textOf(pieces: Uint8Array[]): string {
  const text = Buffer.concat(pieces).toString('utf8')
  if (text === '') throw badResult('it is empty.')
  return text
}
