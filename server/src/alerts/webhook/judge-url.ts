import { type BlockList, isIP } from 'node:net'
import { judgeAddress } from './judge-address.ts'

const MOST_CHARACTERS = 2000

/** Ports that speak something else, to which a request would be commands: https://fetch.spec.whatwg.org/#port-blocking. */
const BAD_PORTS = new Set([
  ...[0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109],
  ...[110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530],
  ...[531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190],
  ...[5060, 5061, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080],
])

/**
 * Why this cannot be the address of a webhook, or null. What its name leads to is judged at each attempt anew.
 * @param allow addresses that may be reached although they are private
 */
export function judgeUrl(text: string, allow: BlockList): string | null {
  if (text.length > MOST_CHARACTERS) return `at most ${MOST_CHARACTERS} characters are expected`
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '')
    return 'an http:// or https:// address is expected'
  if (url.username !== '' || url.password !== '')
    return 'no user and password are expected in it: the signature says who sends'
  if (url.port !== '' && BAD_PORTS.has(Number(url.port))) return `nothing is sent to port ${url.port}`
  return judgeHost(hostOf(url), allow)
}

/** The name or address of a URL, without the brackets of IPv6. Hexadecimal and such have become an address by then. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

function judgeHost(host: string, allow: BlockList): string | null {
  if (isIP(host)) return refusal(judgeAddress(host, allow))
  // RFC 6761, 6.3: these are loopback, whatever a resolver says.
  if (!/(^|\.)localhost\.?$/i.test(host)) return null
  const loopback = ['127.0.0.1', '::1'].map((address) => judgeAddress(address, allow))
  return loopback.includes(null) ? null : refusal(`${host} is a loopback address`)
}

/** What to do about it belongs to what is wrong. */
export function refusal(why: string | null): string | null {
  return why === null ? null : `${why}: AJAR_WEBHOOK_ALLOW has to name it`
}
