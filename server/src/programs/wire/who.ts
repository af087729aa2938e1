import { isIPv6 } from 'node:net'
import type { Caller } from '../../http/access.ts'
import { OF_NOBODY, type RunOwner, type RunReader } from '../runs/run.ts'

/**
 * Who has a program run, or asks for one: an account, or an address where no token is needed.
 * @param address of whoever calls
 */
export function whoIs(caller: Caller | null, address: string): RunOwner & RunReader {
  if (!caller) return { account: OF_NOBODY + placeOf(address), name: 'nobody', isAdmin: false }
  return { account: caller.account, name: caller.name, isAdmin: caller.role === 'admin' }
}

/** Whether nobody has shown a token for it. */
export function isStranger(account: string): boolean {
  return account.startsWith(OF_NOBODY)
}

/** Who has one address of IPv6 has the 2^64 of its network (RFC 4291, 2.5.4): they count as one, as those of IPv4 do. */
function placeOf(address: string): string {
  if (!isIPv6(address)) return address
  const bare = address.replace(/%.*$/, '')
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare) ?? []
  if (mapped) return mapped
  const [head = '', tail] = bare.split('::')
  const [before, after] = [head, tail ?? ''].map((text) => text.split(':').filter(Boolean)) as [string[], string[]]
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  const groups = [...before, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after]
  return `${groups
    .slice(0, 4)
    .map((each) => Number.parseInt(each, 16).toString(16))
    .join(':')}::/64`
}
