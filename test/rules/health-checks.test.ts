import { expect, test } from 'vitest'
import { read, tracked } from './tracked.ts'

/** A check of health as code writes it: a name, and nearby its level. */
const CHECK = /\bname: '([a-z_]+)'(?=(?:[^{}]|\{[^{}]*\}){0,120}\blevel\b)/g
const BY_FUNCTION = /\bdiskCheck\('([a-z_]+)'/g
const ALARM_NAMES = /name: ('[a-z_]+'(?: \| '[a-z_]+')+)\n/g

test('deploy/README.md says of every health check what it means and what to do', () => {
  const found = new Set<string>()
  for (const path of tracked('server/src/**/*.ts').filter((one) => !one.includes('/web/'))) {
    const source = read(path)
    for (const pattern of [CHECK, BY_FUNCTION]) for (const [, name = ''] of source.matchAll(pattern)) found.add(name)
    for (const [, names = ''] of source.matchAll(ALARM_NAMES))
      for (const name of names.split(' | ')) found.add(name.slice(1, -1))
  }
  expect([...found]).toEqual(expect.arrayContaining(['frames', 'state_wal', 'listeners', 'http_connections', 'worker']))
  const named = [...read('deploy/README.md').matchAll(/^\| ([^|]+) \|/gm)].map(([, cell = '']) => cell)
  expect([...found].filter((name) => !named.some((cell) => cell.includes(`\`${name}\``)))).toEqual([])
})
