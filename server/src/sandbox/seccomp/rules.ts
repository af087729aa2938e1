import { constants } from 'node:os'
import { ALLOWED } from './allowed.ts'
import { IDLE, REFUSED } from './refused.ts'

/** What the kernel does with a call, as libseccomp writes it down (seccomp_rule_add(3)). */
export const ALLOW = 0x7fff0000
export const KILL_PROCESS = 0x80000000
const answer = (errno: number) => 0x00050000 | errno
/** What is not listed: as if this kernel did not have it. */
export const UNKNOWN = answer(constants.errno.ENOSYS)
const FORBIDDEN = answer(constants.errno.EPERM)
const DONE = answer(0)

/** One condition on an argument, counted from 0: `argument & mask` is, or is not, `value`. */
export interface Condition {
  argument: number
  is: 'equal' | 'different' | 'masked'
  value: bigint
  /** Only with `masked`. */
  mask?: bigint
}

export interface Rule {
  call: string
  action: number
  /** Null: whatever its arguments are. */
  when: Condition | null
}

const AF_UNIX = 1n
/** New mount, cgroup, UTS, IPC, user, PID and network namespaces (clone(2)); the one of time is none of these arguments'. */
const NAMESPACES = [0x20000n, 0x02000000n, 0x04000000n, 0x08000000n, 0x10000000n, 0x20000000n, 0x40000000n]
/** They put characters into a terminal, as if a person had typed them there. */
const TYPING = [0x5412n, 0x541cn]
/** What terminals, pipes and sockets are asked for (ioctl_tty(2)), and the quick copy of a file, which a tmpfs declines. */
const TERMINAL = [
  ...[0x5401n, 0x5402n, 0x5403n, 0x5404n, 0x5405n, 0x5406n, 0x5407n, 0x5408n, 0x5409n, 0x540an, 0x540bn], // TCGETS to TCFLSH
  ...[0x540en, 0x540fn, 0x5410n, 0x5411n, 0x5413n, 0x5414n, 0x541bn, 0x5420n, 0x5421n, 0x5422n, 0x5429n], // TIOCSCTTY to TIOCGSID
  ...[0x802c542an, 0x402c542bn, 0x402c542cn, 0x402c542dn], // TCGETS2 to TCSETSF2
  ...[0x80045430n, 0x40045431n, 0x5441n], // TIOCGPTN, TIOCSPTLCK, TIOCGPTPEER
  ...[0x5450n, 0x5451n, 0x40049409n], // FIONCLEX, FIOCLEX, FICLONE
]
/** Names of threads, signals on a parent's end, and what else concerns the caller alone (prctl(2)). */
const PRCTL = [
  ...[1n, 2n, 3n, 4n, 15n, 16n, 21n, 23n, 29n, 30n, 36n, 37n, 38n, 39n, 40n, 41n, 42n, 52n, 54n, 55n, 56n],
  0x53564d41n, // PR_SET_VMA: names of mappings
]
const LOW_32 = 0xffffffffn
const S_IFMT = 0o170000n
const S_IFIFO = 0o010000n
const MS_SYNC = 4n
/** As it is, and only asked for. */
const PERSONALITIES = [0n, LOW_32]

/** All of the filter, in no order: no two rules meet. What none of them meets is `UNKNOWN`. */
export const RULES: readonly Rule[] = [
  ...ALLOWED.map((call) => ({ call, action: ALLOW, when: null })),
  ...REFUSED.map((call) => ({ call, action: FORBIDDEN, when: null })),
  ...IDLE.map((call) => ({ call, action: DONE, when: null })),
  ...['socket', 'socketpair'].flatMap((call): Rule[] => [
    { call, action: ALLOW, when: { argument: 0, is: 'equal', value: AF_UNIX } },
    { call, action: FORBIDDEN, when: { argument: 0, is: 'different', value: AF_UNIX } },
  ]),
  // clone3 hides its flags behind a pointer, where no filter sees them: it is not listed, and libc takes this one.
  {
    call: 'clone',
    action: ALLOW,
    when: masked(
      0,
      NAMESPACES.reduce((sum, flag) => sum | flag),
      0n,
    ),
  },
  ...NAMESPACES.map((flag) => ({ call: 'clone', action: FORBIDDEN, when: masked(0, flag, flag) })),
  // The kernel reads 32 bits of these, and a C library may extend their sign.
  ...TERMINAL.map((request) => ({ call: 'ioctl', action: ALLOW, when: masked(1, LOW_32, request) })),
  ...TYPING.map((request) => ({ call: 'ioctl', action: FORBIDDEN, when: masked(1, LOW_32, request) })),
  ...PRCTL.map((option) => ({ call: 'prctl', action: ALLOW, when: masked(0, LOW_32, option) })),
  ...PERSONALITIES.map((persona) => ({ call: 'personality', action: ALLOW, when: masked(0, LOW_32, persona) })),
  // Pipes with a name; devices the kernel refuses.
  { call: 'mknod', action: ALLOW, when: masked(1, S_IFMT, S_IFIFO) },
  { call: 'mknodat', action: ALLOW, when: masked(2, S_IFMT, S_IFIFO) },
  // Also asked whether an address is mapped.
  { call: 'msync', action: ALLOW, when: masked(2, MS_SYNC, 0n) },
  { call: 'msync', action: DONE, when: masked(2, MS_SYNC, MS_SYNC) },
]

function masked(argument: number, mask: bigint, value: bigint): Condition {
  return { argument, is: 'masked', mask, value }
}
