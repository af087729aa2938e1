import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const QUIET = new URL('../src/quiet.ts', import.meta.url).href

test('what a bundled library calls is not told of; all other warnings are', async () => {
  const program = (before: string) => `${before}
    import url from 'node:url'
    url.parse('mqtt://127.0.0.1')
    process.emitWarning('something else', 'DeprecationWarning', 'DEP0000')`
  const warned = async (before: string) =>
    (await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program(before)])).stderr
  expect(await warned('')).toContain('DEP0169')
  const quiet = await warned(`import { keepQuietOfLibraries } from '${QUIET}'; keepQuietOfLibraries()`)
  expect(quiet).not.toContain('DEP0169')
  expect(quiet).toContain('something else')
})
