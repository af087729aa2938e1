import { loadCompiler } from './libseccomp.ts'
import { KILL_PROCESS, UNKNOWN } from './rule.ts'
import { RULES } from './rules.ts'

/**
 * `program`: the filter of a box's system calls for the kernel (struct sock_filter, 4 kB), as `bwrap --seccomp` reads it
 * from a descriptor. `missing`: why there is none, and how to mend that.
 */
export type SeccompFilter = { program: Uint8Array } | { missing: string; mend: string }

let made: SeccompFilter | undefined

/** Never throws. A machine that lacks something is asked once: what was installed since counts at the next start. */
export function seccompFilter(): SeccompFilter {
  made ??= makeFilter()
  return made
}

function makeFilter(): SeccompFilter {
  try {
    return { program: loadCompiler().compile(RULES, UNKNOWN, KILL_PROCESS) }
  } catch (error) {
    return {
      missing: `system calls cannot be filtered: ${(error as Error).message}`,
      mend: 'install libseccomp 2.5 or newer: apt-get install libseccomp2',
    }
  }
}
