import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

const MOST_BYTES = 64 << 10
const ELF = '\x7fELF'

/** What the first bytes of a file say of how it is run. */
export interface Start {
  kind: 'script' | 'program' | 'other'
  /** Of a script: what stands after `#!`, in parts. */
  interpreter: string[]
  /** The comment below that. */
  comment: string
}

/** @throws Error of the file system; Error where the first line ends as on Windows, which no kernel understands */
export async function startOf(path: string): Promise<Start> {
  const text = await head(path)
  if (text.startsWith(ELF)) return { kind: 'program', interpreter: [], comment: '' }
  const [first = '', ...lines] = text.split('\n')
  const comment = commentOf(first.startsWith('#!') ? lines : [first, ...lines])
  if (!first.startsWith('#!')) return { kind: 'other', interpreter: [], comment }
  if (first.endsWith('\r')) throw new Error('Its lines end as on Windows (CR LF), so its first line names no program.')
  const interpreter = partsOf(first)
  if (interpreter.length === 0) throw new Error('Its first line names no program after `#!`.')
  return { kind: 'script', interpreter, comment }
}

/** The interpreter that the first line of a source names, however that line ends; null: it names none. */
export async function namedIn(path: string): Promise<string | null> {
  const [first = ''] = (await head(path)).split('\n', 1)
  return interpreterOf(partsOf(first))
}

/** A kernel knows one argument there, with all its blanks. */
function partsOf(first: string): string[] {
  const [, program, argument] = /^#!\s*(\S+)\s*(.*?)\s*$/.exec(first) ?? []
  return program ? [program, argument ?? ''].filter(Boolean) : []
}

/** What a line `#!` starts in the end: a path, or behind `env` a name to be looked for on PATH. Null: there is no such line. */
export function interpreterOf([program, argument = '']: readonly string[]): string | null {
  if (program === undefined) return null
  return (/\/env$/.test(program) && /^(?:-\S+ +)*([^\s=]+)/.exec(argument)?.[1]) || program
}

async function head(path: string) {
  // A FIFO lets go at once then.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0)
    const bytes = buffer.subarray(0, bytesRead)
    return bytes.subarray(0, 4).toString('latin1') === ELF ? ELF : bytes.toString('utf8')
  } finally {
    await file.close()
  }
}

/** The first block of lines that begin with `#`; words for editors and linters are none for people. */
function commentOf(lines: string[]): string {
  const from = lines.findIndex((line) => line.trim() !== '')
  if (from === -1) return ''
  const after = lines.slice(from)
  const end = after.findIndex((line) => !line.startsWith('#'))
  return after
    .slice(0, end === -1 ? undefined : end)
    .filter((line) => !/^#\s*(shellcheck |-\*-|vim:)/.test(line))
    .map((line) => line.replace(/^#+ ?/, '').trimEnd())
    .join('\n')
    .trim()
}
