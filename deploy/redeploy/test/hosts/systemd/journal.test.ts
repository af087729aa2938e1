import { expect, test } from 'vitest'
import { linesOf } from '../../../src/hosts/systemd/journal.ts'

const entry = (at: number, pid: number, MESSAGE: unknown) =>
  JSON.stringify({ __REALTIME_TIMESTAMP: String(at * 1000), _PID: String(pid), MESSAGE })

test('of the journal what the new server printed while it was on trial, and no token', () => {
  const journal = [
    entry(1000, 2, 'before'),
    entry(2000, 1, 'the old one ends'),
    entry(2001, 2, '{"admin":{"token":"secret"}}'),
    entry(2002, 2, [...Buffer.from('\u001b[31mred')]),
    entry(2003, 2, 'Error: it cannot go on'),
    entry(2003, 2, null),
    entry(3001, 3, 'after'),
  ].join('\n')
  expect(linesOf(`${journal}\n`, { from: 2000, to: 3000, but: 1 })).toEqual([
    '\u001b[31mred',
    'Error: it cannot go on',
    '',
  ])
})
