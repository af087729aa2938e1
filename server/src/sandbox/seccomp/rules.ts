import { ALLOWED } from './allowed.ts'
import { BOUNDING } from './bounding.ts'
import { IDLE, REFUSED } from './refused.ts'
import { ALLOW, DONE, FORBIDDEN, masked, type Rule, without, withValues } from './rule.ts'

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
const S_IFMT = 0o170000n
const S_IFIFO = 0o010000n
const MS_SYNC = 4n
/** As it is, and only asked for. */
const PERSONALITIES = [0n, 0xffffffffn]

/** All of the filter, in no order: no two rules meet. What none of them meets is `UNKNOWN`. */
export const RULES: readonly Rule[] = [
  ...ALLOWED.map((call) => ({ call, action: ALLOW, when: [] })),
  ...REFUSED.map((call) => ({ call, action: FORBIDDEN, when: [] })),
  ...IDLE.map((call) => ({ call, action: DONE, when: [] })),
  ...['socket', 'socketpair'].flatMap((call): Rule[] => [
    { call, action: ALLOW, when: [{ argument: 0, is: 'equal', value: AF_UNIX }] },
    { call, action: FORBIDDEN, when: [{ argument: 0, is: 'different', value: AF_UNIX }] },
  ]),
  // clone3 hides its flags behind a pointer, where no filter sees them: it is not listed, and libc takes this one.
  {
    call: 'clone',
    action: ALLOW,
    when: [
      masked(
        0,
        NAMESPACES.reduce((sum, flag) => sum | flag),
        0n,
      ),
    ],
  },
  ...NAMESPACES.map((flag) => ({ call: 'clone', action: FORBIDDEN, when: [masked(0, flag, flag)] })),
  ...withValues('ioctl', 1, TERMINAL),
  ...withValues('ioctl', 1, TYPING, FORBIDDEN),
  ...withValues('prctl', 0, PRCTL),
  ...withValues('personality', 0, PERSONALITIES),
  // Pipes with a name; devices the kernel refuses.
  { call: 'mknod', action: ALLOW, when: [masked(1, S_IFMT, S_IFIFO)] },
  { call: 'mknodat', action: ALLOW, when: [masked(2, S_IFMT, S_IFIFO)] },
  // Also asked whether an address is mapped.
  ...without('msync', 2, MS_SYNC, DONE),
  ...BOUNDING,
]
