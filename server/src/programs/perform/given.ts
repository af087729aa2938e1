import { PlanError } from '../language.ts'
import type { ProgramRequest, SourceFile } from '../program.ts'
import { wordsOf } from './arguments.ts'
import { type Case, casesOf } from './lab.ts'

/** Arguments of a program, and cases of a lab: no files of the program, which does not see them. */
const ARGUMENTS = 'cli.txt'
const CASES = 'lab_io.txt'

/** What a program is given when it is run. */
export interface Given {
  /** The files that are its own. */
  files: SourceFile[]
  /** Its arguments, where it is run once. */
  words: string[]
  /** The cases that it is run against; null: it is run once, or not at all. */
  cases: Case[] | null
}

/**
 * What a request gives to its program.
 * @throws PlanError where arguments or cases cannot be read, or there are no cases to run it against
 */
export function givenTo({ files, mode }: Pick<ProgramRequest, 'files' | 'mode'>): Given {
  const special = (name: string) => files.find(({ basename }) => basename === name)?.contents
  const cases = special(CASES)
  if (mode === 'submit' && cases === undefined)
    throw new PlanError(`There are no cases to run it against: ${CASES} is missing.`)
  return {
    files: files.filter(({ basename }) => basename !== ARGUMENTS && basename !== CASES),
    words: mode === 'run' ? wordsOf(special(ARGUMENTS) ?? '', ARGUMENTS) : [],
    cases: mode === 'submit' ? casesOf(cases ?? '') : null,
  }
}
