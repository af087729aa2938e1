import type { Language } from '../language.ts'
import type { Mode } from '../program.ts'

/** A language that is installed, as people see it. */
export interface ShownLanguage extends Pick<Language, 'name' | 'title' | 'endings' | 'example'> {
  /** Of its tool, such as `gcc 12.2.0`. */
  version: string
  modes: readonly Mode[]
  /** Tools that take any: `Builder`, `Compiler`. */
  switches: readonly string[]
}

/** What is not as it should be, and how that is mended. */
interface Flaw {
  what: string
  mend: string
}

/** What the worker found out of its machine. */
export interface MachineReport {
  /** What boxes do not keep here; empty: they hold. */
  failed: readonly Flaw[]
  /** What would be better otherwise, and is no reason to run nothing. */
  weak: readonly Flaw[]
  languages: readonly ShownLanguage[]
}

/** Whether programs can be run here, and in which languages. */
export interface ProgramsState {
  available: boolean
  /** Why not, and how that is mended, for people; null: they can. */
  reason: string | null
  languages: readonly ShownLanguage[]
}

export const inWords = (flaws: readonly Flaw[]) => flaws.map(({ what, mend }) => `${what}: ${mend}`).join('; ')
