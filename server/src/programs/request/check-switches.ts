import { type Language, PlanError } from '../language.ts'
import type { ProgramRequest } from '../program.ts'
import { said } from './check-files.ts'

/** Older clients send switches of both with each program, also where nothing is built. */
const TOOLS = new Set(['Builder', 'Compiler'])
const MOST_TOOLS = 10
const MOST = 50
const LONGEST = 100

/** Without paths, lists for other tools (`-Wl,`), quotes, or what a shell, make or a project file would read something into. */
const PLAIN = /^-[A-Za-z0-9][A-Za-z0-9_=+.-]*$/
/**
 * Switches that load code, run other programs, read or write files of other names, or hand on switches to other tools:
 * never, whatever a language lets through.
 */
const NEVER = [
  /^-[ABILPTXox]/,
  /^-a[ILO]/,
  /^-i(nclude|macros|quote|system|dirafter|prefix|withprefix|sysroot|plugindir)/,
  /^-f.*(plugin|prefix-map|dump|profile|lto-partition|use-ld|working-directory)/,
  /^-(specs|wrapper|save-temps|no-canonical-prefixes|M[DFMQT]*$|E$|S$|dump|d[A-Z])/,
  /^-(W[apl]|Xlinker|Xassembler|Xpreprocessor)$/,
  /^-[bcglm]args/,
  /^-gnate[cmptG]/,
]

/**
 * What is meant for a tool that a language has not is left out.
 * @param given `switches` of a body: `{"Builder":[],"Compiler":["-g"]}`; nothing where there are none
 * @throws PlanError
 */
export function checkSwitches(given: unknown, language: Language): ProgramRequest['switches'] {
  if (given === undefined || given === null) return {}
  if (typeof given !== 'object' || Array.isArray(given))
    throw new PlanError('switches are {"Builder":[...],"Compiler":[...]}.')
  const lists = countedLists(given)
  const checked = lists.map(([tool, switches]) => [tool, checkList(tool, switches, language)] as const)
  return Object.fromEntries(checked.filter(([, switches]) => switches.length > 0))
}

/** Counted before anybody looks at one of them: a body has room for half a million. */
function countedLists(given: object): [tool: string, switches: unknown[]][] {
  const tools = Object.keys(given)
  if (tools.length > MOST_TOOLS)
    throw new PlanError(`There are switches for ${tools.length} tools: ${MOST_TOOLS} are taken.`)
  let count = 0
  const lists = Object.entries(given).map(([tool, switches]): [string, unknown[]] => {
    if (!Array.isArray(switches)) throw new PlanError(`The switches of ${said(tool)} are no list.`)
    count += switches.length
    return [tool, switches]
  })
  if (count > MOST) throw new PlanError(`There are ${count} switches: ${MOST} are taken.`)
  return lists
}

function checkList(tool: string, given: unknown[], language: Language): string[] {
  const allowed = Object.hasOwn(language.switches, tool) ? language.switches[tool] : undefined
  for (const each of given) {
    if (typeof each !== 'string') throw new PlanError(`A switch of ${said(tool)} is no text.`)
    if (!allowed && !TOOLS.has(tool)) throw new PlanError(`${language.title} has no switches for ${said(tool)}.`)
    if (!isPlain(each) || (allowed && !allowed.some((pattern) => isWhole(pattern, each))))
      throw new PlanError(`The switch ${said(each)} is not allowed for ${language.title}.`)
  }
  return allowed ? (given as string[]) : []
}

function isPlain(text: string): boolean {
  return text.length <= LONGEST && PLAIN.test(text) && !text.includes('..') && !NEVER.some((each) => each.test(text))
}

/** The patterns of languages as they count here; they are as long there as the server is. */
const whole = new WeakMap<RegExp, RegExp>()

/** A pattern counts for the whole switch, even where whoever wrote it forgot to say so. */
function isWhole(pattern: RegExp, text: string): boolean {
  let anchored = whole.get(pattern)
  if (!anchored) {
    anchored = new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, ''))
    whole.set(pattern, anchored)
  }
  return anchored.test(text)
}
