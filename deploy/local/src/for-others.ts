import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import type { ServerAddresses } from './processes.ts'

type Interfaces = Record<string, NetworkInterfaceInfo[] | undefined>

/** The addresses at which other machines reach a server that listens on all of this machine's. */
export function addressesForOthers(
  { http, mqtt, mqtts }: ServerAddresses,
  environment: Record<string, string | undefined>,
  interfaces: Interfaces = networkInterfaces(),
): string[] {
  const urls = new Set([http, mqtt, mqtts].filter((url) => url !== null))
  return [...urls].flatMap((url) => {
    const host = environment[/^(http|ws)/.test(url) ? 'AJAR_HTTP_HOST' : 'AJAR_MQTT_HOST']
    return hostsBehind(host, interfaces).map((other) => url.replace(/127\.0\.0\.1|\[::1\]/, other))
  })
}

function hostsBehind(host: string | undefined, interfaces: Interfaces): string[] {
  if (host !== '0.0.0.0' && host !== '::') return []
  const outer = Object.values(interfaces).flatMap((addresses) => addresses?.filter(({ internal }) => !internal) ?? [])
  const v4 = outer.filter(({ family }) => family === 'IPv4').map(({ address }) => address)
  if (host === '0.0.0.0') return v4
  // Of link-local ones only who is on the same link knows what to do with them.
  const v6 = outer.filter(({ family, address }) => family === 'IPv6' && !address.startsWith('fe80'))
  return [...v4, ...v6.map(({ address }) => `[${address}]`)]
}
