import { expect, test } from 'vitest'
import { sectionOf, withSection } from '../changelog.ts'
import { nextVersion } from '../version.ts'

test('subjects that begin with the same word stand together, the others last', () => {
  const subjects = [
    'Console: two',
    'A sentence, as it is',
    'broker: refuses it',
    'Console: one: with a colon',
    'Broker: asks',
  ]
  expect(sectionOf('1.2.3', '2026-11-30', subjects)).toBe(`## 1.2.3 (2026-11-30)

### Broker

- refuses it
- asks

### Console

- two
- one: with a colon

### Also

- A sentence, as it is
`)
})

test('the first release lists nothing: all of it is new', () => {
  expect(sectionOf('0.1.0', '2026-11-30', null)).toBe('## 0.1.0 (2026-11-30)\n\nThe first release.\n')
})

test('the newest section stands on top, and the older ones stay as they are', () => {
  const first = withSection('', sectionOf('0.1.0', '2026-01-01', ['One']))
  const second = withSection(first, sectionOf('0.2.0', '2026-02-02', ['Two']))
  expect(first).toBe('# Changelog\n\n## 0.1.0 (2026-01-01)\n\n### Also\n\n- One\n')
  expect(second).toBe(
    `# Changelog\n\n## 0.2.0 (2026-02-02)\n\n### Also\n\n- Two\n\n${first.slice('# Changelog\n\n'.length)}`,
  )
})

test.each([
  ['0.1.0', 'patch', '0.1.1'],
  ['0.1.9', 'patch', '0.1.10'],
  ['0.1.9', 'minor', '0.2.0'],
  ['0.1.9', 'major', '1.0.0'],
  ['0.1.0', '0.1.0', '0.1.0'],
  ['0.1.0', '0.2.0-rc.1', '0.2.0-rc.1'],
  ['0.2.0-rc.1', 'patch', '0.2.0'],
  ['0.2.0-rc.1', 'minor', '0.2.0'],
  ['0.2.1-rc.1', 'minor', '0.3.0'],
  ['0.2.0-rc.1', 'major', '1.0.0'],
])('after %s, %s is %s', (current, asked, next) => {
  expect(nextVersion(current, asked)).toBe(next)
})

test.each(['v1.2.3', '1.2', 'newest', '--force', '1.2.3; id', '0.0.9'])('%s is refused', (asked) => {
  expect(() => nextVersion('0.1.0', asked)).toThrow(/is no version|comes before/)
})
