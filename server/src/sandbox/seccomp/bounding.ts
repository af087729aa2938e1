import { constants as files } from 'node:fs'
import { ALLOW, DONE, FORBIDDEN, INVALID, masked, NO_MEMORY, type Rule, valued, without, withValues } from './rule.ts'

/** What fcntl(2) is asked for: descriptors, flags of open files, who is told of input, pipes, seals, whose lock there is. */
const DESCRIPTORS = [0, 1, 2, 3, 5, 8, 9, 10, 11, 15, 16, 17, 36, 1027, 1030, 1031, 1032, 1033, 1034]
const F_SETFL = 4
/** Locks of ranges of a file: by a process, waiting for them or not, and by an open file. */
const LOCKS = [6, 7, 37, 38]
/** Of a lease or a watched folder of `/usr` the machine's own programs would hear. */
const SHARED = [1024, 1026]
/** Of sockets (socket(7)) all but programs that look at what arrives: those are memory, and code, of the kernel. */
const OF_SOCKETS = [...Array.from({ length: 21 }, (_, i) => i + 1), 29, 34, 42, 66, 67, 76]
/** Of getrlimit(2) all but dumps. */
const LIMITS = [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
const RLIMIT_CORE = 4
/** Large pages are set aside by an operator, and count to no cgroup (mmap(2), memfd_create(2), shmget(2)). */
const [MAP_HUGETLB, MFD_HUGETLB, SHM_HUGETLB] = [0x40000, 4, 0o4000]

/**
 * Rules for what no cgroup counts, or no limit holds.
 *
 * A lock of a range is 192 bytes of the kernel that are nobody's (as of Linux 6.18), and one file may have any number of them:
 * to be given is all that they are here. So programs of one box do not hold each other off by locks of files.
 */
export const BOUNDING: readonly Rule[] = [
  ...withValues('fcntl', 1, DESCRIPTORS),
  ...withValues('fcntl', 1, LOCKS, DONE),
  ...withValues('fcntl', 1, SHARED, FORBIDDEN),
  // What is read past the memory of the machine comes from its disk each time; a tmpfs says the same of it.
  { call: 'fcntl', action: ALLOW, when: [valued(1, F_SETFL), flag(2, files.O_DIRECT, false)] },
  { call: 'fcntl', action: INVALID, when: [valued(1, F_SETFL), flag(2, files.O_DIRECT, true)] },
  // openat2 hides its flags behind a pointer: it is not listed, and libraries take this one.
  ...without('open', 1, files.O_DIRECT, INVALID),
  ...without('openat', 2, files.O_DIRECT, INVALID),
  ...without('mmap', 3, MAP_HUGETLB, NO_MEMORY),
  ...without('memfd_create', 1, MFD_HUGETLB, NO_MEMORY),
  ...without('shmget', 2, SHM_HUGETLB, NO_MEMORY),
  ...withValues('setsockopt', 2, OF_SOCKETS),
  // With one byte no dump is made, and with none it goes to a program of the machine where that has one for dumps (core(5)).
  ...withValues('setrlimit', 0, LIMITS),
  ...withValues('setrlimit', 0, [RLIMIT_CORE], DONE),
  ...withValues('prlimit64', 1, LIMITS),
  { call: 'prlimit64', action: ALLOW, when: [valued(1, RLIMIT_CORE), { argument: 2, is: 'equal', value: 0n }] },
  { call: 'prlimit64', action: DONE, when: [valued(1, RLIMIT_CORE), { argument: 2, is: 'different', value: 0n }] },
]

function flag(argument: number, bit: number, isSet: boolean) {
  return masked(argument, BigInt(bit), isSet ? BigInt(bit) : 0n)
}
