import { expect, test } from 'vitest'
import { limiter, mayDump } from '../src/sandbox/limiter.ts'
import { boxed, needsBoxes, shell } from './boxed.ts'

/** Dumps go to a program on most machines, which root starts outside of any box: the kernel must not begin one. */

const limits = (core: string, signals: string) =>
  `Limit                     Soft Limit           Hard Limit           Units     
Max core file size        0                    ${core}            bytes     
Max resident set          unlimited            unlimited            bytes     
Max pending signals       96365                ${signals}                signals   
`

test('in a box a dump is of one byte at most, which is none even for a program', async (context) => {
  await needsBoxes(context)
  const { stdout } = await boxed(shell('cat /proc/self/limits'))
  expect(stdout).toMatch(/^Max core file size +1 +1 +bytes/m)
  expect(stdout).toMatch(/^Max pending signals +1024 +1024 /m)
})

test('who may have less than that gives no more', () => {
  expect(limiter(limits('unlimited', '96365'))).toEqual(
    expect.arrayContaining(['--core=1:1', '--sigpending=1024:1024']),
  )
  const words = limiter(limits('0', '500')).join(' ')
  expect(words).not.toContain('--core')
  expect(words).toContain('--sigpending=500:500')
})

test.each([
  ['0', '|/usr/share/apport/apport %p', true],
  ['unlimited', '|/usr/share/apport/apport %p', false],
  ['0', 'core', false],
])('with a hard limit of %s and dumps to %s a crash may leave its box: %s', (core, pattern, leaves) => {
  expect(mayDump((path) => (path.endsWith('core_pattern') ? pattern : limits(core, '96365')))).toBe(leaves)
})
