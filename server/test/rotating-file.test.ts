import { execFileSync } from 'node:child_process'
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Logging } from '../src/logging/logging.ts'
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

test('a device is written as it is, and stays where it is', async () => {
  const { file, told } = await build('/dev/null')
  for (let i = 0; i < 1000; i++) file.write(line(i)) // far more than a file may take
  await file.close()
  expect((await lstat('/dev/null')).isCharacterDevice()).toBe(true)
  expect(file).toMatchObject({ dropped: 0, size: 0 })
  expect(told).toEqual([])
})

test('what is neither a file nor a device is refused at the start, and never touched later', async () => {
  const folder = await temporaryFolder(onTestFinished)
  const at = (name: string) => join(folder, name)
  await mkdir(at('folder'))
  await writeFile(at('others'), 'kept')
  await symlink(at('others'), at('link'))
  execFileSync('mkfifo', [at('pipe')])
  for (const name of ['folder', 'link', 'pipe']) {
    const path = at(name)
    const logging = new Logging({ level: 'info', file: { path, maxBytes: MAX_BYTES, enabled: true }, print: () => {} })
    await expect(logging.start()).rejects.toThrow(/AJAR_LOG_FILE/)
    const { file } = await build(path)
    file.write(line(1))
    await until(() => file.trouble?.includes('AJAR_LOG_FILE'))
    await file.close()
  }
  expect((await readdir(folder)).sort()).toEqual(['folder', 'link', 'others', 'pipe'])
  expect(await readFile(at('others'), 'utf8')).toBe('kept')
})

test('switched off and on again at once, one writer goes on in the same file', async () => {
  const { file, read } = await build()
  for (let i = 0; i < 50; i++) {
    file.write(line(i))
    if (i % 3 === 0) file.letGo()
    if (i % 5 === 0) await new Promise(setImmediate)
  }
  await file.close()
  expect(numbersIn(await read())).toEqual(Array.from({ length: 50 }, (_, i) => i))
})

test('a disk that does not answer is told, costs lines and not memory, and is not waited for', async () => {
  const answer = Promise.withResolvers<void>()
  const told: { why: string | null; dropped: number }[] = []
  const folder = await temporaryFolder(onTestFinished)
  const file = new RotatingFile({
    path: join(folder, 'ajar.log'),
    maxBytes: 40 * 1024 * 1024,
    patienceMs: 50,
    onTrouble: (why, dropped) => told.push({ why, dropped }),
    async open(...how) {
      const handle: FileHandle = await open(...how)
      const write = handle.write.bind(handle) as (...args: unknown[]) => Promise<unknown>
      handle.write = (async (...args: unknown[]) => {
        await answer.promise
        return write(...args)
      }) as never
      return handle
    },
  })
  for (let i = 0; i < 100_000; i++) file.write(line(i)) // 10 MB, of which 4 MB wait
  await until(() => file.trouble)
  expect(file.dropped).toBeGreaterThan(50_000)
  expect(told).toEqual([{ why: 'the disk has not answered for 0.05 seconds', dropped: file.dropped }])
  await file.close()
  expect(file.isStuck).toBe(true)
  answer.resolve()
  await until(() => !file.isStuck)
})
