import { PlanError } from '../language.ts'
import type { SourceFile } from '../program.ts'

/** What the older server took of a file. */
export const FILE_CHARACTERS = 50_000
export const MOST_FILES = 100
/** Of all files together, as UTF-8. */
export const TOTAL_BYTES = 1024 * 1024
const LONGEST_NAME = 100

/**
 * Names go into commands, project files and archives: one that begins with a dash is an option there, with an `@` a file of
 * options, and all that is not written here means something to some shell.
 */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/
/** Devices on Windows, whatever ending follows: an archive with one cannot be unpacked there. */
const DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i

/** @param given `files` of a body @throws PlanError */
export function checkFiles(given: unknown): SourceFile[] {
  if (!Array.isArray(given) || given.length === 0)
    throw new PlanError('There are no files: send {"files":[{"basename","contents"}]}.')
  if (given.length > MOST_FILES)
    throw new PlanError(`There are ${given.length} files: a program may have ${MOST_FILES}.`)
  const files = given.map(checkFile)
  const known = new Map<string, string>()
  for (const { basename } of files) {
    // Where capitals do not count, such as on the disk of whoever downloads them, one would replace the other.
    const twin = known.get(basename.toLowerCase())
    if (twin !== undefined)
      throw new PlanError(`Two files have the same name, ${said(twin)} and ${said(basename)}: rename one.`)
    known.set(basename.toLowerCase(), basename)
  }
  const bytes = files.reduce((sum, { contents }) => sum + Buffer.byteLength(contents), 0)
  if (bytes > TOTAL_BYTES)
    throw new PlanError(`The files have ${bytes} bytes together: a program may have ${TOTAL_BYTES}.`)
  return files
}

/** @throws PlanError */
export function checkName(basename: string) {
  if (basename.length > LONGEST_NAME)
    throw new PlanError(`The name ${said(basename)} is too long: ${LONGEST_NAME} characters are taken.`)
  if (!NAME.test(basename) || basename.includes('..') || basename.endsWith('.'))
    throw new PlanError(
      `${said(basename)} is no name for a file: write letters, digits, and _ . + - between them, without a folder.`,
    )
  if (DEVICE.test(basename)) throw new PlanError(`${said(basename)} is the name of a device on Windows: rename it.`)
}

function checkFile(given: unknown, index: number): SourceFile {
  const { basename, contents } = Object(given) as Partial<Record<keyof SourceFile, unknown>>
  if (typeof basename !== 'string' || typeof contents !== 'string')
    throw new PlanError(`File ${index + 1} is not {"basename","contents"}, both of them text.`)
  checkName(basename)
  const characters = contents.length > FILE_CHARACTERS ? charactersIn(contents) : contents.length
  if (characters > FILE_CHARACTERS)
    throw new PlanError(`${basename} has ${characters} characters: a file may have ${FILE_CHARACTERS}.`)
  return { basename, contents }
}

/** As people count them: what UTF-16 writes with two halves is one. */
function charactersIn(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}

/** For a message: of what strangers send only the beginning, and in one line. */
export function said(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text)
}
