import type { LanguageBody, Mode, ProgramBody, SourceFile } from '../../api/program-bodies.ts'

/** A case of a lab: with these arguments the program prints this. */
export interface LabCase {
  arguments: string
  expected: string
}

/** A program as it is being written. */
export interface Draft {
  name: string
  files: SourceFile[]
  /** Basename of the file that is shown. */
  shown: string
  /** Basename of the file that it begins in; empty: found by what the files hold. */
  main: string
  mode: Mode
  /** As they are typed, by tool. */
  switches: Record<string, string>
  /** As they are typed: a shell would part them. */
  arguments: string
  cases: LabCase[]
}

const ARGUMENTS_FILE = 'cli.txt'
const CASES_FILE = 'lab_io.txt'
/** Names that every file system and every compiler takes. */
const BASENAME = /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}$/

export function draftOf({ example }: Pick<LanguageBody, 'example'>): Draft {
  return {
    name: 'Program',
    files: [example],
    shown: example.basename,
    main: '',
    mode: 'run',
    switches: {},
    arguments: '',
    cases: [],
  }
}

type Kind = Pick<LanguageBody, 'name' | 'endings'>

/** Those of these languages that the files are written in. */
export function languagesOf<Known extends Kind>({ files }: Pick<Draft, 'files'>, all: readonly Known[]): Known[] {
  return all.filter(({ endings }) => files.some(endsIn(endings)))
}

const endsIn =
  (endings: readonly string[]) =>
  ({ basename }: SourceFile) =>
    endings.some((ending) => basename.endsWith(ending))

/** Of files in several languages the chosen one counts: in a file of it the program begins, where there is no doubt in which. */
function mainOf(draft: Draft, chosen: Kind, all: readonly Kind[]): string {
  if (draft.main !== '' || languagesOf(draft, all).length < 2) return draft.main
  const own = draft.files.filter(endsIn(chosen.endings))
  const begin = own.length === 1 ? own[0] : own.find(({ basename }) => /^main\./i.test(basename))
  return begin?.basename ?? ''
}

/**
 * What the server is asked to run, or to pack.
 * @param chosen the language that the person chose
 * @param all that there are
 */
export function programOf(draft: Draft, chosen: Kind, all: readonly Kind[]): ProgramBody {
  const { name, files, mode, switches, cases } = draft
  const typed = Object.entries(switches).map(([tool, text]) => [tool, wordsOf(text)] as const)
  return {
    files: [...files, ...special(ARGUMENTS_FILE, draft.arguments.trim()), ...special(CASES_FILE, casesText(cases))],
    main: mainOf(draft, chosen, all),
    mode,
    switches: Object.fromEntries(typed.filter(([, words]) => words.length > 0)),
    name: name.trim() || 'Program',
    lab: cases.length > 0,
  }
}

const special = (basename: string, contents: string) => (contents === '' ? [] : [{ basename, contents }])
const wordsOf = (text: string) => text.split(/\s+/).filter((word) => word !== '')

/** `lab_io.txt`: for each case its arguments in a line, and a line for each one that is expected. */
export function casesText(cases: readonly LabCase[]): string {
  return cases
    .flatMap((one, number) => [
      `in ${number}:${one.arguments.trim()}`,
      ...one.expected
        .replace(/\n+$/, '')
        .split('\n')
        .map((line) => `out ${number}:${line}`),
    ])
    .map((line) => `${line}\n`)
    .join('')
}

/** Which modes can be chosen: cases are needed to be submitted to. */
export function modesOf({ modes }: Pick<LanguageBody, 'modes'>, { cases }: Draft): Mode[] {
  return modes.filter((mode) => mode !== 'submit' || cases.length > 0)
}

/** Whoever adds a first case wants it tried; without any there is nothing to submit to. */
export function withCases(draft: Draft, cases: LabCase[], { modes }: Pick<LanguageBody, 'modes'>): Draft {
  const isFirst = draft.cases.length === 0 && cases.length > 0 && modes.includes('submit')
  const isLeft = cases.length === 0 && draft.mode === 'submit'
  return { ...draft, cases, mode: isFirst ? 'submit' : isLeft ? 'run' : draft.mode }
}

export function withContents(draft: Draft, basename: string, contents: string): Draft {
  return { ...draft, files: draft.files.map((file) => (file.basename === basename ? { basename, contents } : file)) }
}

/** A new file is shown at once. */
export function withFile(draft: Draft, basename: string): Draft {
  return { ...draft, files: [...draft.files, { basename, contents: '' }], shown: basename }
}

export function renamed(draft: Draft, from: string, to: string): Draft {
  const now = (basename: string) => (basename === from ? to : basename)
  const files = draft.files.map(({ basename, contents }) => ({ basename: now(basename), contents }))
  return { ...draft, files, shown: now(draft.shown), main: now(draft.main) }
}

/** The file before it is shown then. The last one stays. */
export function without(draft: Draft, basename: string): Draft {
  const files = draft.files.filter((file) => file.basename !== basename)
  const place = draft.files.findIndex((file) => file.basename === basename)
  const next = files[Math.max(0, place - 1)]
  if (!next) return draft
  return { ...draft, files, shown: next.basename, main: draft.main === basename ? '' : draft.main }
}

/** @returns why a file cannot be called that, null where it can */
export function flawOfName(name: string, others: readonly string[]): string | null {
  if (name === ARGUMENTS_FILE) return 'What stands in cli.txt has a field of its own: Arguments.'
  if (name === CASES_FILE) return 'What stands in lab_io.txt has fields of its own: Cases.'
  if (!BASENAME.test(name))
    return 'A name has at most 100 letters, digits and ._+-, and begins with a letter, a digit or _.'
  return others.includes(name) ? 'There is a file of that name already.' : null
}
