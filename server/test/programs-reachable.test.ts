import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { needs } from '../../test/setup/needs.ts'
import { forEveryone, isForEveryone } from '../src/programs/reachable.ts'

let home: string
let shared: string
let program: string
const me = process.geteuid?.() ?? 0
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ajar-home-'))
  shared = mkdtempSync(join(tmpdir(), 'ajar-shared-'))
  chmodSync(shared, 0o1777)
  program = join(home, 'node')
  writeFileSync(program, 'one', { mode: 0o755 })
})
afterEach(() => {
  for (const folder of [home, shared]) rmSync(folder, { recursive: true })
})

test('a program that everybody can read is taken as it is', async () => {
  chmodSync(home, 0o755)
  expect(isForEveryone(program)).toBe(true)
  expect(await forEveryone(program, shared)).toBe(program)
})

test.each([
  ['in a folder that others cannot enter', () => chmodSync(home, 0o750)],
  [
    'that others cannot read',
    () => {
      chmodSync(home, 0o755)
      chmodSync(program, 0o700)
    },
  ],
])('a program %s is copied to where they can, once, and anew when it has changed', async (_, close) => {
  close()
  expect(isForEveryone(program)).toBe(false)
  const copy = (await forEveryone(program, shared)) as string
  expect(copy.startsWith(`${shared}/`)).toBe(true)
  expect(readFileSync(copy, 'utf8')).toBe('one')
  expect(isForEveryone(copy)).toBe(true)
  const made = statSync(copy).ino
  expect(await forEveryone(program, shared)).toBe(copy)
  expect(statSync(copy).ino).toBe(made)
  writeFileSync(program, 'other')
  const newer = (await forEveryone(program, shared)) as string
  expect(readFileSync(newer, 'utf8')).toBe('other')
})

test('a place that somebody else has taken is not believed', async (context) => {
  needs(me === 0, 'only root can give a folder to somebody else', context)
  chmodSync(home, 0o700)
  const place = join(shared, `ajar-${me}`)
  mkdirSync(place, { mode: 0o755 })
  chownSync(place, 12_345, 12_345)
  expect(await forEveryone(program, shared)).toBeNull()
  rmSync(place, { recursive: true })
  mkdirSync(join(shared, 'elsewhere'))
  symlinkSync(join(shared, 'elsewhere'), place)
  expect(await forEveryone(program, shared)).toBeNull()
})
