import { PlanError } from './language.ts'
import type { SourceFile } from './program.ts'

/**
 * The file that a program begins with: the one that `main` names, by its name with or without the ending; else the only
 * one; else the only one that looks like a beginning; else `main.*`.
 * @param sources those that a program can begin with
 * @param main of the request; empty: found by what the files hold
 * @throws PlanError: `main` names none, or there are several that it could be
 */
export function mainFile(sources: readonly SourceFile[], main: string, isBeginning: (contents: string) => boolean) {
  const wanted = main.trim()
  if (wanted !== '') {
    const named =
      sources.find(({ basename }) => basename === wanted) ??
      sources.find(({ basename }) => stem(basename) === wanted) ??
      // Units of Ada are written in any case, and those of a hierarchy with dots.
      sources.find(({ basename }) => stem(basename).toLowerCase() === wanted.toLowerCase().replaceAll('.', '-'))
    if (named) return named
    throw new PlanError(
      `The program is to begin with "${wanted}", and no file is called that: ${names(sources) || 'there is none'}.`,
    )
  }
  if (sources.length === 1) return sources[0] as SourceFile
  const beginnings = sources.filter(({ contents }) => isBeginning(contents))
  if (beginnings.length === 1) return beginnings[0] as SourceFile
  const several = beginnings.length > 0 ? beginnings : sources
  const byName = several.find(({ basename }) => stem(basename).toLowerCase() === 'main')
  if (byName) return byName
  throw new PlanError(
    several.length === 0
      ? 'There is no file that the program can begin with.'
      : `The program could begin with several files: ${names(several)}. Say which with \`main\`, or call it main.`,
  )
}

/** @returns the name without its ending */
export const stem = (basename: string) => basename.replace(/\.[^.]*$/, '')

const names = (files: readonly SourceFile[]) => files.map(({ basename }) => basename).join(', ')

/** Whether a file ends in one of these, dots included. */
export const endsIn = (endings: readonly string[]) => (file: SourceFile) =>
  endings.some((ending) => file.basename.endsWith(ending))
