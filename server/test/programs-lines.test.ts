import { expect, test } from 'vitest'
import { linesOf } from '../src/programs/perform/lines.ts'
import { PrintedBudget } from '../src/programs/perform/printed.ts'
import type { Message } from '../src/programs/program.ts'

function listener({ bytes = 1_000_000, lines: most = 1_000 } = {}) {
  const told: Message[] = []
  const state = { isTooMuch: 0 }
  const lines = linesOf(
    (messages) => told.push(...messages),
    new PrintedBudget({ bytes, lines: most }),
    () => state.isTooMuch++,
  )
  return { told, state, lines, data: () => told.map(({ data }) => data) }
}

test('a line is told when it ends, whatever the chunks, and the last one without an end at the end', () => {
  const { lines, told } = listener()
  lines.take('stdout', Buffer.from('one\ntw'))
  expect(told).toEqual([{ type: 'stdout', data: 'one' }])
  lines.take('stderr', Buffer.from('wrong\r\n'))
  lines.take('stdout', Buffer.from('o\n\nthree'))
  lines.end()
  expect(told).toEqual([
    { type: 'stdout', data: 'one' },
    { type: 'stderr', data: 'wrong' },
    { type: 'stdout', data: 'two' },
    { type: 'stdout', data: '' },
    { type: 'stdout', data: 'three' },
  ])
  expect(lines.printed).toEqual(['one', 'two', '', 'three'])
})

test('a letter that comes in two chunks is one, and what is no UTF-8 is shown as such', () => {
  const { lines, data } = listener()
  const text = Buffer.from('é€😀\n')
  for (const byte of text) lines.take('stdout', Buffer.from([byte]))
  lines.take('stdout', Buffer.from([0x61, 0xff, 0x00, 0x62, 0x0a, 0xc3]))
  lines.end()
  expect(data()).toEqual(['é€😀', 'a\uFFFD\uFFFDb', '\uFFFD'])
})

test('a long line is told in pieces of ten thousand characters, before it ends, and no letter is cut in two', () => {
  const { lines, data } = listener()
  const line = `${'x'.repeat(9_999)}😀${'y'.repeat(15_000)}`
  lines.take('stdout', Buffer.from(line))
  expect(data().map(({ length }) => length)).toEqual([9_999, 10_000])
  lines.take('stdout', Buffer.from('\n'))
  expect(data().map(({ length }) => length)).toEqual([9_999, 10_000, 5_002])
  expect(data().join('')).toBe(line)
})

test('a flood is cut where the budget ends, and told of once, by its lines however short they are', () => {
  const { lines, told, state } = listener({ lines: 100 })
  lines.take('stdout', Buffer.from('\n'.repeat(90)))
  expect(state.isTooMuch).toBe(0)
  lines.take('stderr', Buffer.from('\n'.repeat(90)))
  lines.take('stderr', Buffer.from('more\n'.repeat(90)))
  lines.end()
  expect(told).toHaveLength(100)
  expect(state.isTooMuch).toBe(1)
})

test('of text as much is told as the budget has bytes', () => {
  const { lines, told, state } = listener({ bytes: 10 })
  lines.take('stdout', Buffer.from('12345\n67\u20ac\n'))
  expect(state.isTooMuch).toBe(0)
  lines.take('stdout', Buffer.from('1\n'))
  expect(told).toHaveLength(2)
  expect(state.isTooMuch).toBe(1)
})

test('what several boxes of a run print is counted together', () => {
  const budget = new PrintedBudget({ bytes: 1_000, lines: 10 })
  let isTooMuch = false
  for (const _ of [1, 2]) {
    const lines = linesOf(
      () => {},
      budget,
      () => {
        isTooMuch = true
      },
    )
    expect(isTooMuch).toBe(false)
    lines.take('stdout', Buffer.from(`${'x'.repeat(600)}\n`))
  }
  expect(isTooMuch).toBe(true)
})
