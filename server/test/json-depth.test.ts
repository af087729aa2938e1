import { expect, test } from 'vitest'
import { HttpError } from '../src/http/errors.ts'
import { checkDepth } from '../src/http/json-depth.ts'

const nested = (depth: number) => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`

test('lists and objects may stand within each other so deep, and no deeper', () => {
  expect(() => checkDepth(nested(64))).not.toThrow()
  expect(() => checkDepth(nested(66))).toThrow(expect.objectContaining({ status: 400, code: 'too_deep' }))
  expect(() => checkDepth(Buffer.from('['.repeat(1024 * 1024)))).toThrow(HttpError)
  expect(() => checkDepth('[[]]', 1)).toThrow(HttpError)
  expect(() => checkDepth(`[${'[],'.repeat(1000)}[]]`, 2)).not.toThrow()
})

test('brackets within strings are text, whatever is escaped there', () => {
  const strings = ['['.repeat(100), `"${'['.repeat(100)}`, `\\"${'{'.repeat(100)}\\`, 'ä€[[['.repeat(100)]
  expect(() => checkDepth(JSON.stringify(strings))).not.toThrow()
  expect(() => checkDepth(`${JSON.stringify('\\')}${'['.repeat(100)}`)).toThrow(HttpError)
})

test('where it is asked for, they may have so many parts, and commas within strings are none', () => {
  const parts = (count: number) => JSON.stringify(Array(count).fill(',,,'))
  expect(() => checkDepth(parts(10), 64, 9)).not.toThrow()
  expect(() => checkDepth(parts(11), 64, 9)).toThrow(expect.objectContaining({ status: 400, code: 'too_many_parts' }))
  expect(() => checkDepth(parts(100_000))).not.toThrow()
})
