import { constants } from 'node:os'

/** What the kernel does with a call, as libseccomp writes it down (seccomp_rule_add(3)). */
export const ALLOW = 0x7fff0000
export const KILL_PROCESS = 0x80000000
const answer = (errno: number) => 0x00050000 | errno
/** What is not listed: as if this kernel did not have it. */
export const UNKNOWN = answer(constants.errno.ENOSYS)
export const FORBIDDEN = answer(constants.errno.EPERM)
export const DONE = answer(0)
export const INVALID = answer(constants.errno.EINVAL)
export const NO_MEMORY = answer(constants.errno.ENOMEM)

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
  /** All of them, each on another argument; empty: whatever its arguments are. */
  when: readonly Condition[]
}

const LOW_32 = 0xffffffffn

/** Only the bits of the mask count. */
export function masked(argument: number, mask: bigint, value: bigint): Condition {
  return { argument, is: 'masked', mask, value }
}

/** The kernel reads 32 bits of such an argument, and a C library may extend its sign. */
export function valued(argument: number, value: number | bigint): Condition {
  return masked(argument, LOW_32, BigInt(value))
}

/** Of a call that does one thing or another as an argument says: those listed. What else it does is not known. */
export function withValues(
  call: string,
  argument: number,
  values: readonly (number | bigint)[],
  action = ALLOW,
): Rule[] {
  return values.map((value) => ({ call, action, when: [valued(argument, value)] }))
}

/** A call that is had, but without any of these flags; with one it is answered otherwise. */
export function without(call: string, argument: number, flag: number | bigint, otherwise: number): Rule[] {
  const mask = BigInt(flag)
  return [
    { call, action: ALLOW, when: [masked(argument, mask, 0n)] },
    { call, action: otherwise, when: [masked(argument, mask, mask)] },
  ]
}
