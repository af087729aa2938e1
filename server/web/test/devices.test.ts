import { expect, test } from 'vitest'
import { addressOf, agentConfig, type Listeners, publishLine, readingLine } from '../src/pages/devices/addresses.ts'
import { factsOf } from '../src/pages/devices/status.ts'
import { signInFault, tokenIn } from '../src/pages/sign-in/fault.ts'

const credential = { name: 'door1', token: 'a-token_of-its-own' }
const http = { host: '127.0.0.1', port: 20002 }
const listening = (host: string, mqtts = false, addresses: string[] = []): Listeners => ({
  http,
  authority: null,
  addresses,
  mqtt: { host, port: 1883 },
  mqtts: mqtts ? { host, port: 8883 } : null,
})

test('on loopback the line works on this machine, and what opens the server is said', () => {
  const address = addressOf(listening('127.0.0.1', true), 'localhost')
  expect(address).toMatchObject({ host: '127.0.0.1', port: 1883, ca: null })
  expect(address?.caution).toMatch(/AJAR_MQTT_HOST=0\.0\.0\.0/)
  expect(address && publishLine(address, credential)).toBe(
    'mosquitto_pub -h 127.0.0.1 -p 1883 -i door1 -u door1 -P a-token_of-its-own -q 1 -t ajar/door1/cam/frame -f picture.jpg',
  )
  expect(address && readingLine(address, credential)).toMatch(
    / -u door1 .* -t ajar\/door1\/heat\/reading -m '\{"value": 21\.5\}'$/,
  )
})

test('a server that listens everywhere is reached as the browser reaches it', () => {
  expect(addressOf(listening('0.0.0.0'), 'ajar.home')).toEqual({
    host: 'ajar.home',
    port: 1883,
    ca: null,
    caution: null,
  })
  expect(addressOf(listening('::'), 'localhost')?.caution).toMatch(/name or the address of this machine/)
  expect(addressOf(listening('0.0.0.0', false, ['192.168.1.5']), '127.0.0.1')).toMatchObject({
    host: '192.168.1.5',
    caution: null,
  })
  expect(addressOf(listening('192.168.1.5'), 'ajar.home')?.host).toBe('192.168.1.5')
})

test('off loopback what is encrypted goes first', () => {
  const address = addressOf(listening('0.0.0.0', true), 'ajar.home')
  expect(address).toMatchObject({ port: 8883, ca: 'ca.pem' })
  expect(address && publishLine(address, credential)).toContain('-p 8883 --cafile ca.pem')
  expect(address && JSON.parse(agentConfig(address, credential)).server).toBe('mqtts://ajar.home:8883')
  expect(addressOf({ ...listening('0.0.0.0', true), authority: 'PEM' }, 'ajar.home')?.ca).toBe('ajar.pem')
  expect(addressOf({ ...listening('0.0.0.0'), mqtt: null }, 'ajar.home')).toBeNull()
})

test('an agent that is installed on a Pi finds its camera and its certificate by itself', () => {
  const plain = addressOf(listening('192.168.1.5'), 'ajar.home')
  expect(plain && JSON.parse(agentConfig(plain, credential))).toEqual({
    device: 'door1',
    token: credential.token,
    server: 'mqtt://192.168.1.5:1883',
    dataDir: '/var/lib/ajar-agent',
    cameras: [{ name: 'cam', driver: 'auto' }],
  })
  const secured = addressOf({ ...listening('0.0.0.0', true), authority: 'PEM' }, 'ajar.home')
  expect(secured && JSON.parse(agentConfig(secured, credential)).ca).toBe('/etc/ajar/ajar.pem')
})

test('an agent says what it knows, and only what should be looked at stands out', () => {
  expect(factsOf(null)).toEqual([])
  expect(factsOf({ state: 'online', colour: 'red' })).toEqual([])
  const facts = factsOf({ state: 'online', outboxFrames: 1, droppedFrames: 3, temperatureC: 81.4, version: '0.1.0' })
  expect(facts.map(({ name, value, isWorrying }) => [name, value, isWorrying])).toEqual([
    ['Waiting on the Pi', '1 frame', false],
    ['Dropped there in all', '3 frames', true],
    ['Temperature', '81 °C', true],
    ['Agent', '0.1.0', false],
  ])
})

test('a token is taken from the link that was printed, and a fault is told in words', () => {
  expect(tokenIn(' http://127.0.0.1:20002/#token=abc-D_1 ')).toBe('abc-D_1')
  expect(tokenIn(' abc-D_1\n')).toBe('abc-D_1')
  expect(signInFault(new Error('x'))).toMatch(/console failed/)
})
