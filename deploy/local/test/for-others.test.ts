import type { NetworkInterfaceInfo } from 'node:os'
import { expect, test } from 'vitest'
import { addressesForOthers } from '../src/for-others.ts'

const one = (family: string, address: string, internal = false) =>
  ({ family, address, internal }) as NetworkInterfaceInfo
const interfaces = {
  lo: [one('IPv4', '127.0.0.1', true)],
  eth0: [one('IPv4', '192.0.2.7'), one('IPv6', '2001:db8::7'), one('IPv6', 'fe80::7')],
}
const server = { http: 'http://127.0.0.1:20002', mqtt: 'mqtt://127.0.0.1:1883', mqtts: null, ca: null }

test('what listens everywhere is told for other machines, what listens on loopback is not', () => {
  expect(addressesForOthers(server, {}, interfaces)).toEqual([])
  expect(addressesForOthers(server, { AJAR_MQTT_HOST: '0.0.0.0' }, interfaces)).toEqual(['mqtt://192.0.2.7:1883'])
  expect(addressesForOthers({ ...server, http: 'http://[::1]:80' }, { AJAR_HTTP_HOST: '::' }, interfaces)).toEqual([
    'http://192.0.2.7:80',
    'http://[2001:db8::7]:80',
  ])
})

test('MQTT over WebSocket and MQTTS', () => {
  const addresses = { ...server, mqtt: 'ws://127.0.0.1:20002/mqtt', mqtts: 'mqtts://127.0.0.1:8883' }
  expect(addressesForOthers(addresses, { AJAR_HTTP_HOST: '0.0.0.0', AJAR_MQTT_HOST: '0.0.0.0' }, interfaces)).toEqual([
    'http://192.0.2.7:20002',
    'ws://192.0.2.7:20002/mqtt',
    'mqtts://192.0.2.7:8883',
  ])
})
