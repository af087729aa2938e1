import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Arguments } from './arguments.ts'
import { ownFile } from './own-file.ts'

/** A value beside which nobody reads anything: longer texts are tables, or documents. In bytes of JSON. */
const LONGEST_TEXT = 65_536

/**
 * Writes what a task returned into its out folder: JSON, or CSV where that was asked for (`_type`) and it returned text.
 * Numbers that JSON does not know (NaN, Infinity) become null.
 * @returns the path of the file; of a file that the task wrote itself (`{outfile}` alone) where that is now, in the out folder
 * @throws Error where it is nothing, no JSON, too long a text, or a file elsewhere
 */
export function writeResult(
  value: unknown,
  params: Record<string, unknown>,
  { name, work, out }: Pick<Arguments, 'name' | 'work' | 'out'>,
): string {
  const outfile = outfileOf(value)
  if (outfile !== undefined) return ownFile(outfile, { work: resolve(work), out: resolve(out) })
  const path = (ending: string) => join(resolve(out), `${name.replaceAll(/[^\w-]/g, '_')}${ending}`)
  if (typeof value === 'string' && params._type === '.csv') {
    writeFileSync(path('.csv'), value)
    return path('.csv')
  }
  if (value === undefined)
    throw new Error('The task returned nothing: a value that can be written as JSON is expected.')
  const text = JSON.stringify(value, plain)
  if (text === undefined) throw new Error(`The task returned a ${typeof value}, which cannot be written as JSON.`)
  if (typeof value === 'string' && text.length > LONGEST_TEXT) throw new Error(tooLong(value))
  writeFileSync(path('.json'), text)
  return path('.json')
}

/** A text that stands alone is a value of JSON; what should have been a table is too long for that sooner or later. */
function tooLong(text: string) {
  return (
    `The task returned a text of ${text.length} characters, too long for a value. ` +
    'A table or a document: write it into a file, and return {"outfile": "NAME.csv"}. ' +
    'CSV may be returned as a text where the caller asks for it by "_type": ".csv".'
  )
}

function outfileOf(value: unknown): string | undefined {
  if (value === null || typeof value !== 'object') return undefined
  const [[key, path] = [], ...more] = Object.entries(value)
  return key === 'outfile' && typeof path === 'string' && more.length === 0 ? path : undefined
}

/** What JSON.stringify would silently make nonsense of. */
function plain(key: string, value: unknown): unknown {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as Float64Array)
  if (value instanceof Map || value instanceof Set)
    throw new Error(
      `The task returned a ${value.constructor.name}${key && ` as ${key}`}, which cannot be written as JSON.`,
    )
  if (typeof value === 'bigint')
    throw new Error(`The task returned a bigint${key && ` as ${key}`}: use Number() or String().`)
  return value
}
