import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const COPIER = fileURLToPath(new URL('../../src/rehearsal/copy-data.ts', import.meta.url))
/** Removes what is named `gone` right before it is copied, as the server may. */
const REMOVES = `
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
const { copyFileSync } = fs
fs.copyFileSync = (from, ...rest) => {
  if (from.endsWith('gone')) fs.rmSync(from)
  return copyFileSync(from, ...rest)
}
syncBuiltinESMExports()`

test('a model that is removed meanwhile is not copied, and the others are', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ajar-copy-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'models/door'), { recursive: true })
  for (const name of ['a', 'gone', 'z']) writeFileSync(join(folder, 'models/door', name), name)
  const hook = `data:text/javascript,${encodeURIComponent(REMOVES)}`
  execFileSync(process.execPath, ['--no-warnings', '--import', hook, COPIER, 'copy', folder, join(folder, 'copy')])
  expect(readdirSync(join(folder, 'copy/models/door'))).toEqual(['a', 'z'])
  expect(readdirSync(join(folder, 'models/door'))).toEqual(['a', 'z'])
})
