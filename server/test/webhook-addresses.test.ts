import { isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { describe, expect, test } from 'vitest'
import { readAddressList } from '../src/address-list.ts'
import { judgedAddresses } from '../src/alerts/webhook/addresses.ts'
import { judgeAddress } from '../src/alerts/webhook/judge-address.ts'
import { judgeUrl } from '../src/alerts/webhook/judge-url.ts'
import { ownNetworks } from '../src/alerts/webhook/own-networks.ts'

const NONE = readAddressList('')

describe('an address', () => {
  test.each([
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['10.0.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'inner'],
    ['100.127.255.255', 'inner'],
    ['169.254.169.254', 'link-local'],
    ['192.0.0.192', 'reserved'],
    ['198.18.0.1', 'reserved'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['255.255.255.255', 'reserved'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['fc00::1', 'private'],
    ['fd12:3456::1', 'private'],
    ['fec0::1', 'private'],
    ['ff02::1', 'multicast'],
    ['100::1', 'reserved'],
    ['64:ff9b:1::a00:1', 'reserved'],
    ['2001::1', 'reserved'],
    ['2001:db8::1', 'example'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['0:0:0:0:0:ffff:a9fe:a9fe', 'link-local'],
    ['::127.0.0.1', 'reserved'],
    ['::ffff:0:127.0.0.1', 'reserved'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['64:ff9b::10.0.0.1', 'private'],
    ['64:ff9b::a9fe:a9fe', 'link-local'],
    ['2002:7f00:1::', 'loopback'],
    ['2002:c0a8:101::1', 'private'],
    ['2002:a9fe:a9fe:ffff:1:2:3:4', 'link-local'],
    ['not-an-address', 'no address'],
    ['', 'no address'],
  ])('%s is refused as %s', (address, what) => {
    expect(judgeAddress(address, NONE)).toMatch(what)
  })

  test.each([
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.1',
    '169.253.255.255',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:81b::200e',
    '::ffff:1.1.1.1',
    '64:ff9b::101:101',
    '2002:101:101::1',
  ])('%s may be reached', (address) => {
    expect(judgeAddress(address, NONE)).toBeNull()
  })

  test('that is allowed is reached, also as IPv6 writes it, and its neighbours are not', () => {
    const allow = readAddressList('192.168.1.20, 10.1.0.0/16,fd00:1::/32')
    for (const address of ['192.168.1.20', '::ffff:192.168.1.20', '10.1.255.255', 'fd00:1:2::3'])
      expect([address, judgeAddress(address, allow)]).toEqual([address, null])
    for (const address of ['192.168.1.21', '10.2.0.0', 'fd00:2::3', '127.0.0.1', '64:ff9b::c0a8:114'])
      expect([address, judgeAddress(address, allow)]).not.toEqual([address, null])
  })
})

describe('an address of a network that this machine is in', () => {
  const at = (address: string, bits: number) => {
    const family = address.includes(':') ? ('IPv6' as const) : ('IPv4' as const)
    return { address, cidr: `${address}/${bits}`, family, netmask: '', mac: '', internal: false, scopeid: 0 }
  }
  const own = ownNetworks({
    eth0: [at('198.98.1.2', 24), at('2a02:810a:1:2::5', 64)],
    tun0: [at('185.1.1.1', 0), at('2a09::1', 1)],
  } as Parameters<typeof ownNetworks>[0])

  test.each([
    '198.98.1.2',
    '198.98.1.77',
    '2a02:810a:1:2::5',
    '2a02:810a:1:2:aaaa:bbbb:cccc:dddd',
    '::ffff:198.98.1.77',
    '64:ff9b::198.98.1.77',
    '2002:c662:14d::1',
    '185.1.1.1',
    '2a09::1',
  ])('%s is refused', (address) => {
    expect(judgeAddress(address, NONE, own)).toMatch(/is a neighbouring address$/)
  })

  test.each(['198.98.2.1', '2a02:810a:1:3::5', '185.1.1.2', '2a09::2', '1.1.1.1'])('%s lies elsewhere', (address) => {
    expect(judgeAddress(address, NONE, own)).toBeNull()
  })

  test('is reached where it is allowed', () => {
    expect(judgeAddress('2a02:810a:1:2::9', readAddressList('2a02:810a:1:2::9'), own)).toBeNull()
  })

  test('is known without anybody saying which those are', () => {
    const addresses = Object.values(networkInterfaces()).flatMap((of) => of ?? [])
    for (const { address } of addresses)
      expect(ownNetworks().check(address, isIPv4(address) ? 'ipv4' : 'ipv6')).toBe(true)
  })
})

describe('a list of addresses', () => {
  test.each([
    '10.0.0.0/33',
    'fd00::/129',
    'door.lan',
    '10.0.0',
    'fe80::1%eth0',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.1;',
  ])('that names %s is refused', (text) => {
    expect(() => readAddressList(text)).toThrow('addresses or networks are expected')
  })
})

describe('the address of a webhook', () => {
  test.each([
    // Loopback, as people have spelt it: https://url.spec.whatwg.org/#concept-ipv4-parser.
    'http://127.0.0.1/',
    'http://127.0.0.1./',
    'http://127.1/',
    'http://0x7f.0.0.1/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://2130706433/',
    'http://１２７.０.０.１/',
    'http://%31%32%37.0.0.1/',
    'http://0/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[0:0:0:0:0:ffff:7f00:1]/',
    'http://[64:ff9b::127.0.0.1]/',
    'http://[2002:7f00:1::]/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://a.localhost/',
    'http://169.254.169.254/latest/meta-data/',
    'http://192.168.0.1:8080/',
    'https://[fd00::1]/',
  ])('%s needs to be allowed', (text) => {
    expect(judgeUrl(text, NONE)).toMatch('AJAR_WEBHOOK_ALLOW')
  })

  test.each([
    ['', 'http:// or https://'],
    ['example.com', 'http:// or https://'],
    ['//example.com', 'http:// or https://'],
    ['ftp://example.com/', 'http:// or https://'],
    ['file:///etc/passwd', 'http:// or https://'],
    ['unix:/run/docker.sock', 'http:// or https://'],
    ['javascript:alert(1)', 'http:// or https://'],
    ['http://', 'http:// or https://'],
    ['http://[fe80::1%25eth0]/', 'http:// or https://'],
    ['http://256.256.256.256/', 'http:// or https://'],
    ['http://user@example.com/', 'no user and password'],
    ['http://user:word@example.com/', 'no user and password'],
    ['http://example.com@127.0.0.1/', 'no user and password'],
    ['http://example.com:25/', 'port 25'],
    ['https://example.com:6379/', 'port 6379'],
    ['http://example.com:0/', 'port 0'],
    [`http://example.com/${'x'.repeat(2000)}`, 'at most 2000'],
  ])('%s is none', (text, why) => {
    expect(judgeUrl(text, NONE)).toMatch(why)
  })

  test.each([
    'https://example.com/hook',
    'http://example.com:8080/?a=b',
    'https://1.1.1.1/',
    'https://[2606:4700::1111]:8443/',
  ])('%s may be one', (text) => {
    expect(judgeUrl(text, NONE)).toBeNull()
  })

  test('may be on loopback where that is allowed', () => {
    const allow = readAddressList('127.0.0.1')
    expect(judgeUrl('http://localhost:8080/', allow)).toBeNull()
    expect(judgeUrl('http://2130706433:8080/', allow)).toBeNull()
    expect(judgeUrl('http://[::1]:8080/', allow)).toMatch('loopback')
  })
})

describe('the addresses of a name', () => {
  const of = (...addresses: string[]) =>
    judgedAddresses('door.example', NONE, async () =>
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )

  test('are those that may be reached', async () => {
    expect(await of('10.0.0.1', '1.1.1.1', '::1')).toEqual([{ address: '1.1.1.1', family: 4 }])
  })

  test('are none where none may be', async () => {
    await expect(of('10.0.0.1', '::1')).rejects.toThrow('door.example leads nowhere: 10.0.0.1 is a private address')
    await expect(of()).rejects.toThrow('it has no address')
  })
})
