import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs'
import { basename, isAbsolute, join, resolve } from 'node:path'
import { TaskError } from '../task-error.ts'

/** The kernel looks no further for the end of a `#!` line. */
const LINE_BYTES = 256
const ELF = Buffer.from('\x7fELF', 'latin1')
/** Offset of `e_machine` in an ELF file. */
const MACHINE_AT = 18

/**
 * The program that a command starts, and why it could not be started: asked before, since a shell that fails to says no more
 * than 126 or 127.
 * @param folder where a path that is not absolute begins
 * @param path PATH, for a name without a slash
 * @returns its absolute path
 * @throws TaskError not_started
 */
export function findProgram(program: string, folder: string, path: string): string {
  const file = program.includes('/') ? resolve(folder, program) : inPath(program, path)
  if (!file) throw notStarted(`the program ${program} is not installed here: nothing of that name is in ${path}`)
  checkExecutable(file, `the program ${program}`)
  checkHead(file, folder, path)
  return file
}

function inPath(name: string, path: string): string | null {
  const files = path
    .split(':')
    .filter(isAbsolute)
    .map((folder) => join(folder, name))
  return files.find((file) => kindOf(file) === 'program') ?? files.find((file) => kindOf(file) !== 'missing') ?? null
}

function checkExecutable(file: string, called: string): void {
  switch (kindOf(file)) {
    case 'missing':
      throw notStarted(`${called} is not there: there is no file ${file}`)
    case 'no file':
      throw notStarted(`${called} is not a file: ${file}`)
    case 'closed':
      throw notStarted(
        `${called} may not be run by the user of this process: chmod +x ${file}, or the disk is mounted noexec`,
      )
  }
}

function checkHead(file: string, folder: string, path: string): void {
  const head = headOf(file)
  if (head.subarray(0, 4).equals(ELF)) checkMachine(head, file)
  if (head.subarray(0, 2).toString('latin1') !== '#!') return
  const line = head.subarray(2).toString('utf8').split('\n', 1)[0] ?? ''
  if (line.endsWith('\r'))
    throw notStarted(
      `${file} has line ends of Windows, so that no program is found by its first line: write it with LF`,
    )
  const [interpreter = '', ...words] = line.trim().split(/\s+/)
  checkExecutable(resolve(folder, interpreter), `the interpreter ${interpreter} of ${file}`)
  if (basename(interpreter) !== 'env') return
  const name = words.find((word) => !word.startsWith('-') && !word.includes('='))
  if (name && !name.includes('/') && !inPath(name, path))
    throw notStarted(`the interpreter ${name} of ${file} is not installed here: nothing of that name is in ${path}`)
}

function checkMachine(head: Buffer, file: string): void {
  const own = headOf(process.execPath)
  if (own.length < MACHINE_AT + 2 || head.length < MACHINE_AT + 2 || !own.subarray(0, 4).equals(ELF)) return
  if (own.readUInt16LE(MACHINE_AT) !== head.readUInt16LE(MACHINE_AT))
    throw notStarted(`${file} was compiled for another kind of processor than this one: compile it here`)
}

function kindOf(file: string): 'program' | 'closed' | 'no file' | 'missing' {
  const stat = statSync(file, { throwIfNoEntry: false })
  if (!stat) return 'missing'
  if (!stat.isFile()) return 'no file'
  try {
    accessSync(file, constants.X_OK)
    return 'program'
  } catch {
    return 'closed'
  }
}

/** Empty where it may be run but not read. */
function headOf(file: string): Buffer {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return Buffer.alloc(0)
  }
  try {
    const head = Buffer.alloc(LINE_BYTES)
    return head.subarray(0, readSync(descriptor, head))
  } finally {
    closeSync(descriptor)
  }
}

function notStarted(why: string): TaskError {
  return new TaskError('not_started', `The task could not be started: ${why}.`, 'environment')
}
