import { expect, test } from 'vitest'
import { CaptureOrder } from '../src/classify/capture-order.ts'

test('what is done first waits for what was captured before it', () => {
  const order = new CaptureOrder<string>()
  for (const time of [1, 2, 3]) order.begin('a', time)
  expect(order.end('a', 3, 'third')).toEqual([])
  expect(order.end('a', 1, 'first')).toEqual(['first'])
  expect(order.end('a', 2, 'second')).toEqual(['second', 'third'])
})

test('work may begin newest first: the outcomes still leave oldest first', () => {
  const order = new CaptureOrder<string>()
  for (const time of [9, 5, 7]) order.begin('a', time)
  expect(order.end('a', 9, '9')).toEqual([])
  expect(order.end('a', 7, '7')).toEqual([])
  expect(order.end('a', 5, '5')).toEqual(['5', '7', '9'])
})

test('cameras do not wait for each other, and a camera without work is forgotten', () => {
  const order = new CaptureOrder<string>()
  order.begin('a', 1)
  order.begin('b', 2)
  expect(order.end('b', 2, 'b')).toEqual(['b'])
  expect([order.has('a'), order.has('b')]).toEqual([true, false])
})

test('an outcome that is nothing leaves too', () => {
  const order = new CaptureOrder<null>()
  order.begin('a', 1)
  expect(order.end('a', 1, null)).toEqual([null])
})
