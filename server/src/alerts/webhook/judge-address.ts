import { BlockList, isIP, SocketAddress } from 'node:net'
import { ownNetworks } from './own-networks.ts'

/**
 * Addresses that are not everybody's, from IANA's registries of special-purpose addresses (RFC 6890), and in words what
 * they are: whoever may write a rule must not reach through the server what only the server can reach.
 */
const SPECIAL_4 = networks('ipv4', {
  'an unspecified': ['0.0.0.0/8'],
  'a loopback': ['127.0.0.0/8'],
  'a private': ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
  "a provider's inner": ['100.64.0.0/10'], // RFC 6598
  'a link-local': ['169.254.0.0/16'],
  'a multicast': ['224.0.0.0/4'],
  'a reserved': ['192.0.0.0/24', '192.88.99.0/24', '198.18.0.0/15', '240.0.0.0/4'],
  'an example': ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'],
})

/** Of what lies in 2000::/3, the only part from which addresses for everybody are given (RFC 4291, 2.4). */
const SPECIAL_6 = networks('ipv6', {
  'a reserved': ['2001::/23'], // Teredo (RFC 4380), benchmarks, ORCHID
  'an example': ['2001:db8::/32', '3fff::/20'],
})
const GLOBAL_6 = networks('ipv6', { global: ['2000::/3'] })
const OTHER_6 = networks('ipv6', {
  'an unspecified': ['::/128'],
  'a loopback': ['::1/128'],
  'a link-local': ['fe80::/10'],
  'a private': ['fc00::/7', 'fec0::/10'],
  'a multicast': ['ff00::/8'],
})

/** Networks whose addresses lead to the IPv4 address that they hold, and the bits behind it. */
const HOLDING_IPV4: [network: BlockList, bitsBehind: number][] = [
  [networks('ipv6', { NAT64: ['64:ff9b::/96'] })[0][1], 0], // RFC 6052
  [networks('ipv6', { '6to4': ['2002::/16'] })[0][1], 80], // RFC 3056
]

/**
 * Why nothing is sent to this address, or null where it may be.
 * @param address IPv4 or IPv6, as a resolver gives it
 * @param allow what may be reached all the same
 * @param own the networks that this machine is in now
 */
export function judgeAddress(address: string, allow: BlockList, own: BlockList = ownNetworks()): string | null {
  // What lies in a zone, `fe80::1%eth0`, is link-local.
  const bare = address.replace(/%.*$/, '')
  const version = isIP(bare)
  if (version === 0) return `${address} is no address`
  if (allow.check(bare, version === 4 ? 'ipv4' : 'ipv6')) return null
  const near: Special = ['a neighbouring', own]
  const what = version === 4 ? kindOf(bare, [...SPECIAL_4, near], 'ipv4') : kindOf6(bare, near)
  return what === null ? null : `${address} is ${what} address`
}

type Special = [what: string, list: BlockList]

function kindOf6(address: string, near: Special): string | null {
  const bits = bitsOf(address)
  // IPv4-mapped (RFC 4291, 2.5.5.2) is the IPv4 address itself.
  if (bits >> 32n === 0xffffn) return kindOf(ipv4Of(bits), [...SPECIAL_4, near], 'ipv4')
  const holding = HOLDING_IPV4.find(([network]) => network.check(address, 'ipv6'))
  if (holding) return kindOf(ipv4Of(bits >> BigInt(holding[1])), [...SPECIAL_4, near], 'ipv4')
  if (kindOf(address, GLOBAL_6, 'ipv6') === null) return kindOf(address, OTHER_6, 'ipv6') ?? 'a reserved'
  return kindOf(address, [...SPECIAL_6, near], 'ipv6')
}

function kindOf(address: string, special: Special[], family: 'ipv4' | 'ipv6'): string | null {
  return special.find(([, list]) => list.check(address, family))?.[0] ?? null
}

function bitsOf(address: string): bigint {
  // Node writes each IPv6 address in one way; what it may write with dots at its end is written in hexadecimal here.
  const text = new SocketAddress({ address, family: 'ipv6' }).address.replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_, ...bytes: string[]) => {
      const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number)
      return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
    },
  )
  const [left = '', right] = text.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const [before, after] = [groups(left), groups(right ?? '')]
  const between = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...between, ...after].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n)
}

function ipv4Of(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 0xffn).join('.')
}

function networks<Name extends string>(
  family: 'ipv4' | 'ipv6',
  named: Record<Name, string[]>,
): [[string, BlockList], ...[string, BlockList][]] {
  return Object.entries<string[]>(named).map(([name, texts]) => {
    const list = new BlockList()
    for (const text of texts) {
      const [address = '', bits] = text.split('/')
      list.addSubnet(address, Number(bits), family)
    }
    return [name, list]
  }) as [[string, BlockList], ...[string, BlockList][]]
}
