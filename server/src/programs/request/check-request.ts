import { type Language, PlanError } from '../language.ts'
import { givenTo } from '../perform/given.ts'
import { MODES, type Mode, type ProgramRequest } from '../program.ts'
import { checkFiles, checkName, said } from './check-files.ts'
import { checkSwitches } from './check-switches.ts'

/** A request that was checked, and the language that it is in. */
export interface Checked {
  request: ProgramRequest
  language: Language
}

/** @throws PlanError where the files do not say it */
export type LanguageOf = (request: Pick<ProgramRequest, 'files' | 'main'>) => Language

const LONGEST_NAME = 200

/**
 * What an older client sends to have a program run, checked; fields that nobody knows are left out, as it may send more.
 * @param body `{"files","main"?,"mode","switches"?,"name"?,"lab"?}`
 * @throws PlanError
 */
export function checkRequest(body: unknown, languageOf: LanguageOf): Checked {
  const checked = check(objectOf(body), checkMode, languageOf)
  givenTo(checked.request)
  return checked
}

/** The same for a download, which has no mode. @throws PlanError */
export function checkDownload(body: unknown, languageOf: LanguageOf): Checked {
  return check(objectOf(body), () => 'run', languageOf)
}

function check(body: Record<string, unknown>, modeOf: (given: unknown) => Mode, languageOf: LanguageOf): Checked {
  const files = checkFiles(body.files)
  const mode = modeOf(body.mode)
  const main = checkMain(body.main)
  const language = languageOf({ files, main })
  const switches = checkSwitches(body.switches, language)
  const request = { files, main, mode, switches, name: checkTitle(body.name), lab: checkLab(body.lab) }
  return { request, language }
}

function objectOf(body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new PlanError('The body is no object: send {"files":[{"basename","contents"}],"mode":"run","name":"..."}.')
  return body as Record<string, unknown>
}

function checkMode(given: unknown): Mode {
  const mode = MODES.find((each) => each === given)
  if (mode) return mode
  // "There is no mode" where it is missing.
  const text =
    typeof given === 'string' ? said(given) : given === undefined || given === null ? 'There' : 'What mode says'
  throw new PlanError(`${text} is no mode: there are ${MODES.join(', ')}.`)
}

/** A file, or a unit of Ada such as `Numbers.Primes`. */
function checkMain(given: unknown): string {
  if (given === undefined || given === null || given === '') return ''
  if (typeof given !== 'string') throw new PlanError('main is no text: it is the file that the program begins with.')
  checkName(given)
  return given
}

/** For people; it stands in the list of jobs, in one line. */
function checkTitle(given: unknown): string {
  if (given === undefined || given === null) return ''
  if (typeof given !== 'string') throw new PlanError('name is no text.')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return given.replace(/[\u0000-\u001f\u007f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ').slice(0, LONGEST_NAME)
}

function checkLab(given: unknown): boolean {
  if (given === undefined || given === null) return false
  if (typeof given !== 'boolean') throw new PlanError('lab is true or false.')
  return given
}
