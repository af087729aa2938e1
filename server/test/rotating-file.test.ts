import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { RotatingFile } from '../src/logging/rotating-file.ts'
import { until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const MAX_BYTES = 20_000

async function build(path?: string) {
  const folder = join(await temporaryFolder(onTestFinished), 'logs')
  const told: { why: string | null; dropped: number }[] = []
  const file = new RotatingFile({
    path: path ?? join(folder, 'ajar.log'),
    maxBytes: MAX_BYTES,
    onTrouble: (why, dropped) => told.push({ why, dropped }),
  })
  onTestFinished(() => file.close())
  const read = async () => {
    const names = (await readdir(folder)).sort().reverse()
    return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('')
  }
  return { folder, file, told, read }
}

const line = (number: number) => `${JSON.stringify({ number, text: 'x'.repeat(80) })}\n`
const numbersIn = (text: string): number[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((one) => JSON.parse(one).number)

test('the newest lines stay, whole and in order, within the bound', async () => {
  const { folder, file, told, read } = await build()
  for (let i = 0; i < 1000; i++) {
    file.write(line(i))
    if (i % 50 === 0) await new Promise(setImmediate)
  }
  await file.close()
  const names = await readdir(folder)
  expect(names.sort()).toEqual(['ajar.log', 'ajar.log.1', 'ajar.log.2', 'ajar.log.3', 'ajar.log.4'])
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size))
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(MAX_BYTES)
  for (const name of names) expect((await stat(join(folder, name))).mode & 0o077).toBe(0)
  const numbers = numbersIn(await read())
  expect(numbers.length).toBeGreaterThan(140)
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => 1000 - numbers.length + i))
  expect(told).toEqual([])
})

test('files of an earlier, larger bound go; the next start goes on in the same file', async () => {
  const { folder, file, read } = await build()
  file.write(line(1))
  await file.close()
  await writeFile(join(folder, 'ajar.log.1'), 'x'.repeat(MAX_BYTES))
  const next = new RotatingFile({ path: join(folder, 'ajar.log'), maxBytes: MAX_BYTES, onTrouble: () => {} })
  next.write(line(2))
  await next.close()
  expect(numbersIn(await read())).toEqual([1, 2])
})

test('a file that somebody renames or removes is made anew', async () => {
  const { folder, file } = await build()
  const path = join(folder, 'ajar.log')
  const written = async (number: number) => {
    file.write(line(number))
    await until(async () => numbersIn(await readFile(path, 'utf8').catch(() => '')).includes(number))
  }
  await written(1)
  await rename(path, join(folder, 'kept'))
  await written(2)
  await rm(path)
  await written(3)
  expect(numbersIn(await readFile(path, 'utf8'))).toEqual([3])
})

test('a full disk costs lines, counted and told once, and no memory', async () => {
  const { file, told } = await build('/dev/full')
  for (let i = 0; i < 100; i++) file.write(line(i))
  await until(() => file.trouble)
  expect(file.dropped).toBeGreaterThan(0)
  for (let i = 0; i < 100_000; i++) file.write(line(i)) // 10 MB, of which 4 MB wait
  expect(file.dropped).toBeGreaterThan(50_000)
  expect(told).toHaveLength(1)
  expect(told[0]?.why).toMatch(/ENOSPC/)
  await file.close()
  expect(file.dropped).toBe(100_100)
})

test('a line that is larger than a file is dropped, and told', async () => {
  const { file, told, read } = await build()
  file.write(`${'x'.repeat(MAX_BYTES)}\n`)
  file.write(line(1))
  await file.close()
  expect(numbersIn(await read())).toEqual([1])
  expect(told).toEqual([{ why: null, dropped: 1 }])
})
