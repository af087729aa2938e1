import { closeSync, fstatSync, readSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Condition, Rule } from './rule.ts'

/** Turns rules into the program that the kernel runs at each system call. */
export interface Compiler {
  /**
   * The program for this architecture, whose every other one ends the process that calls by it.
   * Calls that this architecture or this library does not know are left out: they meet what is `otherwise`.
   * @throws where the library refuses a rule
   */
  compile(rules: readonly Rule[], otherwise: number, foreign: number): Buffer
}

// seccomp_attr_set(3): what a foreign architecture meets; 2: a tree, which takes a few steps where a list takes hundreds.
const ACT_BADARCH = 2
const CTL_OPTIMIZE = 8
const AS_TREE = 2
const OPERATIONS: Record<Condition['is'], number> = { different: 1, equal: 4, masked: 7 }
/** struct scmp_arg_cmp: unsigned arg; enum op; uint64_t a; uint64_t b */
const CONDITION_BYTES = 24
const MFD_CLOEXEC = 1

/** libseccomp of this machine, by koffi. @throws where either does not load */
export function loadCompiler(): Compiler {
  // Loaded here, not imported: only boxes need it, and it has no binary for every machine.
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi')
  const library = koffi.load('libseccomp.so.2')
  const init = library.func('void *seccomp_init(uint32_t otherwise)')
  const release = library.func('void seccomp_release(void *filter)')
  const setAttribute = library.func('int seccomp_attr_set(void *filter, int attribute, uint32_t value)')
  const numberOf = library.func('int seccomp_syscall_resolve_name(const char *name)')
  const addRule = library.func(
    'int seccomp_rule_add_array(void *filter, uint32_t action, int call, unsigned int count, const void *conditions)',
  )
  const exportProgram = library.func('int seccomp_export_bpf(void *filter, int descriptor)')
  const memfdCreate = koffi.load(null).func('int memfd_create(const char *name, unsigned int flags)')

  return {
    compile(rules, otherwise, foreign) {
      const filter = init(otherwise)
      if (!filter) throw new Error('libseccomp has no memory for a filter')
      try {
        done(setAttribute(filter, ACT_BADARCH, foreign), 'the answer to foreign architectures')
        // Only speed: before 2.5 it is not known.
        setAttribute(filter, CTL_OPTIMIZE, AS_TREE)
        for (const { call, action, when } of rules) {
          const number = numberOf(call)
          if (number < 0) continue
          done(addRule(filter, action, number, when.length, Buffer.concat(when.map(bytesOf))), call)
        }
        return exported(filter)
      } finally {
        release(filter)
      }
    },
  }

  /** The library writes to a descriptor only: that of a file in memory. */
  function exported(filter: unknown): Buffer {
    const descriptor = memfdCreate('ajar-filter', MFD_CLOEXEC)
    if (descriptor < 0) throw new Error(`there is no file in memory to be had (errno ${koffi.errno()})`)
    try {
      done(exportProgram(filter, descriptor), 'to write the filter')
      const program = Buffer.alloc(fstatSync(descriptor).size)
      readSync(descriptor, program, 0, program.length, 0)
      return program
    } finally {
      closeSync(descriptor)
    }
  }
}

function bytesOf({ argument, is, mask = 0n, value }: Condition): Buffer {
  const bytes = Buffer.alloc(CONDITION_BYTES)
  new Uint32Array(bytes.buffer, bytes.byteOffset, 2).set([argument, OPERATIONS[is]])
  new BigUint64Array(bytes.buffer, bytes.byteOffset + 8, 2).set(is === 'masked' ? [mask, value] : [value, 0n])
  return bytes
}

function done(result: number, what: string): void {
  if (result < 0) throw new Error(`libseccomp refuses ${what} (errno ${-result})`)
}
