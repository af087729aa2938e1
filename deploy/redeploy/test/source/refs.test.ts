import { expect, test } from 'vitest'
import { NO_REFS, REFS } from '../../../../test/setup/refs.ts'
import { checkRef, isCommitId, newestVersion } from '../../src/source/refs.ts'

test.each(REFS)('%s is a name', (ref) => expect(() => checkRef(ref)).not.toThrow())

test.each(NO_REFS)('%j never gets to git', (ref) => {
  expect(() => checkRef(ref)).toThrow(expect.objectContaining({ code: 'bad_ref', fault: 'caller' }))
})

test('a name of ten million characters is refused, and shown by its beginning', () => {
  expect(() => checkRef('a'.repeat(1e7))).toThrow(/^"a{60}\.\.\." is no name/)
})

test('a commit is told by seven digits or more', () => {
  expect(['abcdef0', 'ABCDEF0', 'a'.repeat(40)].map(isCommitId)).toEqual([true, true, true])
  expect(['abcdef', 'abcdefg', 'v1.2.3', 'a'.repeat(65)].map(isCommitId)).toEqual([false, false, false, false])
})

test('the newest version is the highest one, by numbers and whatever their length', () => {
  expect(newestVersion(['v1.9.0', 'v1.10.0', 'v1.2.99'])).toBe('v1.10.0')
  expect(newestVersion(['v2.0.0-rc.1', 'v1.0.0', '3.0.0', 'v4', 'version'])).toBe('v1.0.0')
  expect(newestVersion([`v1.0.${'9'.repeat(30)}`, `v1.0.1${'0'.repeat(30)}`])).toBe(`v1.0.1${'0'.repeat(30)}`)
  expect(newestVersion(['main', 'v1.2.3.4'])).toBe(null)
})
