import { PlanError } from './language.ts'

/**
 * Those switches for one tool that a language lets through, in their order.
 * @param allowed of the language, by tool
 * @throws PlanError that names the first one which is refused
 */
export function switchesFor(
  tool: string,
  allowed: Readonly<Record<string, readonly RegExp[]>>,
  asked: Readonly<Record<string, readonly string[]>>,
): readonly string[] {
  const patterns = allowed[tool] ?? []
  const switches = asked[tool] ?? []
  const refused = switches.find((one) => !patterns.some((pattern) => pattern.test(one)))
  if (refused !== undefined)
    throw new PlanError(`The switch ${JSON.stringify(refused)} of ${tool} is not one that is let through.`)
  return switches
}

/** What compilers of C and C++ share. Nothing that names a file, or a program to be run in the compiler's place. */
export const GCC_SWITCHES: readonly RegExp[] = [
  /^-g[0-3]?$/,
  /^-O([0-3gs]|fast)?$/,
  // Without a comma: `-Wl,`, `-Wa,` and `-Wp,` pass options on to other programs.
  /^-W(no-)?[a-z][a-z0-9+=-]*$/,
  /^-(w|ansi|pedantic|pedantic-errors|pthread|fopenmp)$/,
  /^-f(no-)?(exceptions|rtti|strict-aliasing|wrapv|trapv|signed-char|unsigned-char|short-enums|omit-frame-pointer|inline)$/,
  /^-f(no-)?(fast-math|stack-protector|stack-protector-all|stack-protector-strong|common|builtin|unroll-loops|lto)$/,
  /^-[DU][A-Za-z_]\w*$/,
  /^-D[A-Za-z_]\w*=[\w.+-]*$/,
  /^-l(m|pthread|rt)$/,
]
