import { loadCompiler } from './libseccomp.ts'
import { KILL_PROCESS, RULES, UNKNOWN } from './rules.ts'

/**
 * The filter of a box's system calls, once for this process.
 * `descriptor`: of a file in memory that holds it, as `bwrap --seccomp` reads it. All who inherit it share its place in the
 * file: each box opens it anew, as `/proc/self/fd/N`. `missing`: why there is none, and how to mend that.
 */
export type SeccompFilter = { descriptor: number } | { missing: string }

let made: SeccompFilter | undefined

/** Never throws. A machine that lacks something is asked once: what was installed since counts at the next start. */
export function seccompFilter(): SeccompFilter {
  made ??= makeFilter()
  return made
}

function makeFilter(): SeccompFilter {
  try {
    const compiler = loadCompiler()
    const descriptor = compiler.memoryFile('ajar-seccomp')
    compiler.write(RULES, UNKNOWN, KILL_PROCESS, descriptor)
    return { descriptor }
  } catch (error) {
    return {
      missing:
        `system calls cannot be filtered: ${(error as Error).message}. Install libseccomp (apt-get install libseccomp2) ` +
        'and a Linux kernel with CONFIG_SECCOMP_FILTER',
    }
  }
}
