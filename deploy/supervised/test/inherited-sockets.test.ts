import { expect, test } from 'vitest'
import { inheritedSockets } from '../src/index.ts'

const given = (names: string, count = names.split(':').length) => ({
  LISTEN_PID: String(process.pid),
  LISTEN_FDS: String(count),
  LISTEN_FDNAMES: names,
})

test('descriptors begin at 3, in the order of their names, and children are told nothing', () => {
  const environment = { ...given('http:mqtt'), OTHER: 'stays' }
  expect([...inheritedSockets(environment)]).toEqual([
    ['http', 3],
    ['mqtt', 4],
  ])
  expect(environment).toEqual({ OTHER: 'stays' })
  expect(inheritedSockets(environment).size).toBe(0)
})

test('what is meant for another process is left alone', () => {
  const environment = { ...given('http'), LISTEN_PID: '1' }
  expect(inheritedSockets(environment).size).toBe(0)
  expect(environment.LISTEN_FDS).toBe('1')
  expect(inheritedSockets({}).size).toBe(0)
})

test('a second socket of one name is refused: nobody would accept what comes by it', () => {
  expect(() => inheritedSockets(given('http:http'))).toThrow('two sockets of the name http')
})
