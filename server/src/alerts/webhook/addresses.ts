import { lookup as systemLookup } from 'node:dns/promises'
import { type BlockList, isIP } from 'node:net'
import { InTurn } from '../../in-turn.ts'
import { judgeAddress } from './judge-address.ts'
import { refusal } from './judge-url.ts'
import { ownNetworks } from './own-networks.ts'

export interface Address {
  address: string
  family: 4 | 6
}

/** All addresses of a name; rejects where there are none. */
export type Lookup = (host: string) => Promise<Address[]>

/** Each takes one of the few threads that Node reads files with, for as long as a resolver is silent. */
const MOST_LOOKUPS = 2
const MOST_WAITING = 16

/** Where names lead to, as the system finds it, a few at once. */
export function boundedLookup(): Lookup {
  const turns = new InTurn(MOST_LOOKUPS, MOST_WAITING, () => new Error('the resolver of names does not answer'))
  return (host) => turns.run(async () => (await systemLookup(host, { all: true })) as Address[])
}

/**
 * The addresses to which a request to this host may go. It goes to one of these and nowhere else, whatever the resolver says
 * when it is asked again.
 * @throws Error that says why it may go to none
 */
export async function judgedAddresses(host: string, allow: BlockList, lookup: Lookup): Promise<Address[]> {
  const version = isIP(host)
  const found = version === 0 ? await lookup(host) : [{ address: host, family: version as 4 | 6 }]
  const own = ownNetworks()
  const judged = found.map((one) => ({ one, why: judgeAddress(one.address, allow, own) }))
  const reachable = judged.filter(({ why }) => why === null).map(({ one }) => one)
  if (reachable.length > 0) return reachable
  const why = judged[0]?.why ?? 'it has no address'
  throw new Error(version === 0 ? `${host} leads nowhere: ${refusal(why)}` : (refusal(why) ?? ''))
}
