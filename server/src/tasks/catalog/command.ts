import { isAbsolute } from 'node:path'
import { RUN_PYTHON, RUN_TS } from '../runners/programs.ts'
import type { Language } from '../task.ts'
import type { Form } from './forms.ts'
import type { Interpreters } from './interpreters.ts'
import { commandOf, type Manifest } from './manifest.ts'
import { pythonOf } from './python-of.ts'
import { interpreterOf, startOf } from './script.ts'

/** Standard output of a TypeScript task, and of all that it starts, is log: only its runner knows the real one, as 3. */
const APART = 'exec "$@" 3>&1 1>&2'
/** What Node makes of TypeScript is kept, or made anew at each call: the larger part of what starting it takes. */
const KEPT = `export NODE_COMPILE_CACHE="$0"; ${APART}`

/** The one that every box sees. */
const PYTHON_OF_BOXES = ['/usr/bin/python3', 'which runs tasks that nobody trusts'] as const

/** What is started to run a task. */
export interface Command {
  language: Language
  command: string[]
  /** What says what the task declares; null: nothing does but its manifest and its first lines. */
  describe: string[] | null
  /** Of what runs it. */
  version: string
  /** The comment at the top of a script. */
  comment: string
}

/**
 * @param compiledFolder where what is made of TypeScript is kept, or null
 * @param beside is added the programs that it needs beside its own files, there or not
 * @param isUntrusted nothing that it names itself may be run to find that out
 * @throws Error that says why it cannot be run
 */
export async function commandFor(
  { program, files, source }: Pick<Form, 'program' | 'files' | 'source'>,
  manifest: Manifest,
  manifestPath: string | null,
  interpreters: Interpreters,
  compiledFolder: string | null,
  beside: string[],
  isUntrusted = false,
): Promise<Command> {
  if (manifest.run && manifestPath) return declared(manifest.run, manifestPath, files, interpreters, beside)
  if (!program)
    throw new Error('Its manifest does not say what is run: "run" is missing, and no program lies beside it.')
  const { kind, path } = program
  if (kind === 'typescript') {
    const shell = compiledFolder ? [KEPT, compiledFolder] : [APART, 'task']
    return {
      ...{ language: 'typescript', version: process.version, comment: '' },
      command: ['/bin/sh', '-c', ...shell, process.execPath, RUN_TS, '--status-fd=3', path],
      describe: [process.execPath, '--max-old-space-size=1024', RUN_TS, '--describe', path],
    }
  }
  if (kind === 'python') {
    const python = isUntrusted
      ? await interpreters.python(...PYTHON_OF_BOXES)
      : await pythonOf(path, { source }, interpreters, beside)
    return {
      ...{ language: 'python', version: python.version, comment: '' },
      command: [python.path, RUN_PYTHON, path],
      describe: [python.path, RUN_PYTHON, '--describe', path],
    }
  }
  return script(path, interpreters, beside)
}

async function declared(
  run: string[],
  manifest: string,
  files: string[],
  interpreters: Interpreters,
  beside: string[],
): Promise<Command> {
  const [program = '', ...rest] = commandOf(run, manifest)
  beside.push(...[program, ...rest].filter((one) => isAbsolute(one) && !files.includes(one)))
  const found = await interpreters.find(program)
  if (!found) throw new Error(`${run[0]}, which its manifest has run, is no program here: install it, or chmod +x.`)
  if (found !== program) beside.push(found)
  const own = [program, ...rest].find((one) => files.includes(one))
  const comment = own ? (await startOf(own)).comment : ''
  return { language: 'executable', command: [found, ...rest], describe: null, version: '', comment }
}

async function script(path: string, interpreters: Interpreters, beside: string[]): Promise<Command> {
  const { kind, interpreter, comment } = await startOf(path)
  const common = { language: 'executable' as const, describe: null, version: '', comment }
  // Started by its interpreter: on volumes of other systems files are not executable, or all are.
  if (kind === 'script' || path.endsWith('.sh')) {
    const [program = '', argument] = interpreter.length > 0 ? interpreter : ['/bin/sh']
    beside.push(program)
    for (const one of new Set([program, interpreterOf(interpreter) ?? program])) {
      const found = await interpreters.find(one)
      if (!found) throw new Error(`${one}, which its first line names, is no program here.`)
      if (found !== program) beside.push(found)
    }
    return { ...common, command: [program, ...(argument ? [argument] : []), path] }
  }
  if (!(await interpreters.find(path))) throw new Error('It is not executable: chmod +x.')
  if (kind === 'other') throw new Error('It is neither a program of this machine nor a script that begins with `#!`.')
  return { ...common, command: [path] }
}
