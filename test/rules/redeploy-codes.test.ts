import { expect, test } from 'vitest'
import { read, tracked } from './tracked.ts'

/** A code as code writes it: handed to an error or an answer, or in a field; one of the rehearsal is one of the trial's. */
const CODE =
  /\b(?:RedeployError|refused|conflict|badRequest|sick|super)\(\s*'([a-z]+(?:_[a-z]+)*)'|\bcode: '([a-z_]+)'/g
const PREFIX = 'preflight_'

const section = read('deploy/README.md').split('### When it does not come to what was asked for')[1]?.split('\n### ')[0]
const cells = [...(section ?? '').matchAll(/^\| (`[^|]+) \|/gm)].map(([, cell = '']) => cell)
const told = cells.flatMap((cell) => [...cell.matchAll(/`([a-z_]+)`/g)].map(([, code = '']) => code))
const found = new Set(
  tracked('deploy/redeploy/src/*.ts', 'server/src/releases/*.ts')
    .flatMap((path) => [...read(path).matchAll(CODE)])
    .map(([, handed, field]) => handed ?? field ?? ''),
)

test('deploy/README.md says of every code of a redeploy what it means and what to do', () => {
  expect([...found]).toEqual(expect.arrayContaining(['no_room', 'busy', 'sick', 'redeploy_running', 'interrupted']))
  expect([...found].filter((code) => !told.includes(code))).toEqual([])
})

test('it names no code that is none, and none twice', () => {
  const isOne = (code: string) => found.has(code) || (code.startsWith(PREFIX) && found.has(code.slice(PREFIX.length)))
  expect(told.filter((code) => !isOne(code))).toEqual([])
  expect(told).toEqual([...new Set(told)])
})
