import { type FoundLanguage, type Language, MissingTool, PlanError, type Project } from './language.ts'
import { ada } from './languages/ada.ts'
import { c } from './languages/c.ts'
import { cpp } from './languages/cpp.ts'
import { python } from './languages/python.ts'
import { shell } from './languages/shell.ts'
import { typescript } from './languages/typescript.ts'
import { endsIn, mainFile } from './main-file.ts'
import type { Mode, SourceFile } from './program.ts'

/**
 * All languages. A program is in the first whose files it has: Ada goes before C and C++ before C, because their
 * builders take files of C beside their own.
 */
export const LANGUAGES: readonly Language[] = [typescript, python, ada, cpp, c, shell]

/** Which of them take the files of others into one program. */
const BUILDS_ALSO: Readonly<Record<string, readonly string[]>> = { ada: ['c'], cpp: ['c'] }

/** What Debian calls the packages of a language. */
const PACKAGES: Readonly<Record<string, string>> = {
  python: 'python3',
  ada: 'gnat gprbuild',
  cpp: 'g++',
  c: 'gcc libc6-dev',
  shell: 'dash',
}

/**
 * The language of a program, by the endings of its files. Where files are in several languages, the one of the file that
 * `main` names.
 * @throws PlanError that says why there is none
 */
export function languageOf({ files, main }: { files: readonly SourceFile[]; main: string }): Language {
  const used = LANGUAGES.filter(({ endings }) => files.some(endsIn(endings)))
  const [first, ...others] = used
  if (!first)
    throw new PlanError(`No file ends as a program does: ${LANGUAGES.flatMap(({ endings }) => endings).join(' ')}.`)
  if (others.every(({ name }) => BUILDS_ALSO[first.name]?.includes(name))) return first
  const titles = used.map(({ title }) => title).join(', ')
  if (main.trim() === '')
    throw new PlanError(`The files are in several languages (${titles}). Say with \`main\` which one it begins with.`)
  const begin = mainFile(
    files.filter((file) => used.some(({ endings }) => endsIn(endings)(file))),
    main,
    () => false,
  )
  const named = used.filter(({ endings }) => endsIn(endings)(begin))
  // A main program in C may be part of one in Ada.
  return used.find((one) => named.some(({ name }) => BUILDS_ALSO[one.name]?.includes(name))) ?? (named[0] as Language)
}

/** What a person downloads beside his own files: what builds them elsewhere. Needs no tool of the language. */
export const baseProject = (request: Project): readonly SourceFile[] => {
  const own = new Set(request.files.map(({ basename }) => basename))
  return languageOf(request)
    .base(request)
    .filter(({ basename }) => !own.has(basename))
}

/** How long what was found is taken for what is installed, milliseconds. */
const FOUND_MS = 60_000
const found = new Map<string, { at: number; answer: Promise<FoundLanguage | null> }>()

/** @throws MissingTool that says what to install */
export async function findLanguage(language: Language): Promise<FoundLanguage> {
  return (await look(language)) ?? lacks(language)
}

function look(language: Language): Promise<FoundLanguage | null> {
  const known = found.get(language.name)
  if (known && performance.now() - known.at < FOUND_MS) return known.answer
  const answer = language.find()
  found.set(language.name, { at: performance.now(), answer })
  return answer
}

function lacks(language: Language): never {
  throw new MissingTool(language.name, missing(language))
}

const missing = ({ name, title }: Language) =>
  `${title} is not installed on this server: apt-get install ${PACKAGES[name] ?? name}`

/** A language for those who are to choose one. */
export interface DescribedLanguage extends Pick<Language, 'name' | 'title' | 'example'> {
  endings: string[]
  /** Tools that take switches. */
  switches: string[]
  /** Null: it is not installed. */
  version: string | null
  modes: Mode[]
  /** What to install; null: it is. */
  missing: string | null
}

/** All languages, with what of them is installed. */
export const describeLanguages = (): Promise<DescribedLanguage[]> =>
  Promise.all(
    LANGUAGES.map(async (language) => {
      const { name, title, example, endings, switches } = language
      const { here, lack } = await findLanguage(language).then(
        (here) => ({ here, lack: null }),
        (error: Error) => ({ here: null, lack: error.message }),
      )
      return {
        name,
        title,
        example,
        endings: [...endings],
        switches: Object.keys(switches),
        version: here?.version ?? null,
        modes: [...(here?.modes ?? [])],
        missing: lack,
      }
    }),
  )
