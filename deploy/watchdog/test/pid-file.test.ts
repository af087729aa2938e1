import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PidFile } from '../src/pid-file.ts'
import { folder } from './kennel.ts'

test('a file names the living process that it was written for', () => {
  const file = new PidFile(join(folder(), 'a.pid'))
  file.write(process.pid)
  expect(file.living()).toEqual({ pid: process.pid })
  file.remove()
  expect(file.living()).toBeNull()
})

test('it is stale where its process is gone, where another has its pid, and where it is no such file', () => {
  const path = join(folder(), 'a.pid')
  const file = new PidFile(path)
  file.write(process.pid)
  const [pid, start, boot] = readFileSync(path, 'utf8').trim().split('\n')
  for (const text of [
    `${2 ** 22 + 1}\n${start}\n${boot}\n`,
    `${pid}\n${Number(start) - 1}\n${boot}\n`,
    `${pid}\n${start}\nanother-boot\n`,
    `${pid}\n`,
    '-1\n',
    'nonsense',
    '',
  ]) {
    writeFileSync(path, text)
    expect(file.living(), text).toBeNull()
  }
})

test('a disk that takes no file is no fault', () => {
  const file = new PidFile('/proc/no-such-folder/a.pid')
  file.write(process.pid)
  file.remove()
  expect(file.living()).toBeNull()
})
