import { basename, dirname, join } from 'node:path'
import type { Form } from './forms.ts'
import type { Interpreters, Python } from './interpreters.ts'
import { namedIn } from './script.ts'

/** A program, and whose word that is. */
const USUAL = ['python3', null] as const
/** The environment of a task that is a folder, as `python3 -m venv .venv` makes it there. */
const OWN = ['.venv/bin/python3', '.venv/pyvenv.cfg']

/**
 * The Python that runs a task: that of the `.venv` in its folder, the one that its first line names, or python3 of PATH.
 * @param beside is added the programs that decide that, there or not
 * @throws Error that says what to install, or to mend
 */
export async function pythonOf(
  path: string,
  { source }: Pick<Form, 'source'>,
  interpreters: Interpreters,
  beside: string[],
): Promise<Python> {
  const [wanted, why] = await wantedOf(path, source, interpreters, beside)
  const python = await interpreters.python(wanted, why)
  beside.push(python.path)
  return python
}

/** A program's name or path, and whose word it is. */
async function wantedOf(path: string, source: string, interpreters: Interpreters, beside: string[]) {
  if (source.endsWith('/')) {
    const [own = '', settings = ''] = OWN.map((one) => join(dirname(path), one))
    beside.push(own, settings)
    if (await interpreters.find(own)) return [own, `which lies in ${source}`] as const
  }
  const program = await namedIn(path)
  if (program === null) return USUAL
  if (program.includes('/')) beside.push(program)
  // Written where that was the name of Python 3; Debian has none of that name.
  if (basename(program) === 'python' && !(await interpreters.find(program))) return USUAL
  return [program, `which the first line of ${basename(path)} names`] as const
}
