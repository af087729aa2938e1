import { BlockList } from 'node:net'
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

/** A wider one is no network of neighbours, but how a tunnel takes all that goes out. */
const LEAST_BITS = { IPv4: 8, IPv6: 32 }

/**
 * The networks that this machine is in itself. Their addresses may be everybody's, as all of IPv6 at home are: a router keeps
 * strangers from them, and not the server.
 */
export function ownNetworks(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces()): BlockList {
  const list = new BlockList()
  for (const { address, cidr, family } of Object.values(interfaces).flatMap((of) => of ?? [])) {
    const version = family === 'IPv4' ? 'ipv4' : 'ipv6'
    const bits = Number(cidr?.split('/')[1])
    if (bits >= LEAST_BITS[family]) list.addSubnet(address, bits, version)
    else list.addAddress(address, version)
  }
  return list
}
