import { BlockList, isIP } from 'node:net'

/**
 * Reads addresses and networks, `192.168.1.20, fd00::/8`, separated by commas.
 * @throws Error that says what is expected
 */
export function readAddressList(text: string): BlockList {
  const list = new BlockList()
  for (const item of text.split(',').map((one) => one.trim())) {
    if (item !== '' && !add(list, item))
      throw new Error('addresses or networks are expected, such as 192.168.1.20, 10.0.0.0/8 or fd00::/8, and commas')
  }
  return list
}

function add(list: BlockList, item: string): boolean {
  const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(item) ?? []
  const version = isIP(address)
  if (version === 0 || address.includes('%')) return false
  const family = version === 4 ? 'ipv4' : 'ipv6'
  if (bits === undefined) list.addAddress(address, family)
  else if (Number(bits) > (version === 4 ? 32 : 128)) return false
  else list.addSubnet(address, Number(bits), family)
  return true
}
