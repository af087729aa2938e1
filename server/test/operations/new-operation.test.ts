import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { BadNameError, newOperation } from '../../src/datasessions/new-operation.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { unlisted } from './unlisted.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const LIST = 'server/src/datasessions/operations.ts'

/** A copy of what an operation needs to run and to be checked. */
async function copyOfTheTree(): Promise<string> {
  const root = await temporaryFolder(onTestFinished)
  const parts = [
    'biome.json',
    'tsconfig.json',
    'package.json',
    'vitest.config.ts',
    '.gitignore',
    'images',
    'models',
    'broker',
  ]
  for (const part of [...parts, 'server/src', 'server/test', 'server/package.json', 'test/setup'])
    cpSync(join(ROOT, part), join(root, part), { recursive: true, filter: (path) => !path.endsWith('/node_modules') })
  for (const folder of ['.', 'images', 'models', 'broker', 'broker/protocol', 'server', 'test']) {
    mkdirSync(join(root, folder), { recursive: true })
    symlinkSync(join(ROOT, folder, 'node_modules'), join(root, folder, 'node_modules'))
  }
  // The tests' neighbours are not wanted.
  writeFileSync(join(root, 'vitest.config.ts'), "export default { test: { include: ['server/test/**'] } }\n")
  execFileSync('git', ['init', '-q'], { cwd: root })
  return root
}

test('a new operation is well formed, listed, and passes the test that was written with it', async () => {
  const root = await copyOfTheTree()
  const script = join(root, 'server/src/datasessions/new-operation.ts')
  // Before, between and after those that are there.
  for (const name of ['Average Of Tests', 'Crop More', 'Zoomed 2'])
    expect(spawnSync(process.execPath, [script, ...name.split(' ')], { encoding: 'utf8' })).toMatchObject({ status: 0 })
  const list = readFileSync(join(root, LIST), 'utf8')
  expect(list).toMatch(/ {2}crop,\n {2}cropMore,\n/)
  expect(list).toMatch(/ {2}zoomed2,\n\]/)
  expect(unlisted(root)).toEqual([])
  const run = (program: string, ...args: string[]) =>
    spawnSync(join(root, 'node_modules/.bin', program), args, { cwd: root, encoding: 'utf8' })
  const files = ['average-of-tests', 'crop-more', 'zoomed-2'].flatMap((file) => [
    `server/src/datasessions/operations/${file}.ts`,
    `server/test/operations/${file}.test.ts`,
  ])
  const linted = run('biome', 'check', LIST, ...files)
  expect(linted.stderr + linted.stdout).not.toContain('Found')
  expect(linted.status).toBe(0)
  const tests = run('vitest', 'run', ...files.filter((file) => file.includes('/test/')))
  expect(tests.stdout + tests.stderr).toContain('3 passed')
}, 120_000)

test.each([
  '',
  'median',
  'Größe',
  'Two  Spaces',
  '../Up',
  'A'.repeat(41),
  'Operation',
  'Delete',
  'New',
  'Median',
  'COLOR Image',
])('"%s" is refused, and nothing is written', async (name) => {
  const root = await temporaryFolder(onTestFinished)
  cpSync(join(ROOT, 'server/src/datasessions'), join(root, 'server/src/datasessions'), { recursive: true })
  const before = readFileSync(join(root, LIST), 'utf8')
  expect(() => newOperation(name, root)).toThrow(BadNameError)
  expect(readFileSync(join(root, LIST), 'utf8')).toBe(before)
})

test('every operation is listed', () => {
  expect(unlisted(ROOT)).toEqual([])
})

test('one that is not is found', async () => {
  const root = await temporaryFolder(onTestFinished)
  cpSync(join(ROOT, 'server/src/datasessions'), join(root, 'server/src/datasessions'), { recursive: true })
  writeFileSync(
    join(root, 'server/src/datasessions/operations/forgotten.ts'),
    'export const forgotten = operation({})\n',
  )
  const list = readFileSync(join(root, LIST), 'utf8')
  writeFileSync(join(root, LIST), list.replace('  median,\n', ''))
  expect(unlisted(root)).toEqual(['forgotten.ts', 'median.ts'])
})
