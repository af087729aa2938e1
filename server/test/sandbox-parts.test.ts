import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startOf } from '../src/cgroups/process-start.ts'
import { tarOf } from '../src/sandbox/tar.ts'
import { takeUser } from '../src/sandbox/users.ts'

test('an archive is read by tar: contents of any length, names that are not ASCII, what may be executed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ajar-tar-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const lengths = [0, 1, 511, 512, 513, 70_000]
  const files = lengths.map((length) => ({ path: `ü${length}`, bytes: Buffer.alloc(length, 'x'), mode: 0o755 }))
  const plain = { path: `folder/${'n'.repeat(90)}`, bytes: Buffer.from('deep') }
  const { status, stderr } = spawnSync('tar', ['-x', '-C', folder], {
    input: tarOf([...files, plain]),
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  for (const { path, bytes } of [...files, plain]) expect(readFileSync(join(folder, path)).equals(bytes)).toBe(true)
  expect(statSync(join(folder, 'ü1')).mode & 0o777).toBe(0o755)
  expect(statSync(join(folder, plain.path)).mode & 0o777).toBe(0o644)
})

test.each(['', 'n'.repeat(101), 'with\0end'])('an archive has no place for a path as %j', (path) => {
  expect(() => tarOf([{ path, bytes: new Uint8Array() }])).toThrow(RangeError)
})

test('boxes at once have a user each, builders and runs other ones, and give them back', () => {
  const users = { kind: 'root', first: 5000, count: 21 } as const
  const taken = Array.from({ length: 10 }, () => takeUser(users, 'run'))
  expect(new Set(taken.map(({ uid }) => uid)).size).toBe(10)
  for (const { uid } of taken) expect(Number(uid) % 2).toBe(1)
  for (const user of taken.slice(0, 9)) user.release()
  const builders = Array.from({ length: 9 }, () => takeUser(users, 'build'))
  expect(builders.map(({ uid }) => Number(uid) + 1)).not.toContain(taken[9]?.uid)
  for (const user of [...builders, ...taken.slice(9)]) user.release()
})

test('when a process started is known of one that runs, and of no other', () => {
  expect(startOf(process.pid)).toBe(startOf(process.pid))
  expect(startOf(process.pid)).toBeGreaterThan(startOf(1) as number)
  expect(startOf(spawnSync('true').pid)).toBeNull()
})
