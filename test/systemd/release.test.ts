import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CHECKOUT, fingerprintOf } from '@ajar/local'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findInstalled } from '../../deploy/release/installed.ts'
import { neededBy } from '../../deploy/release/workspace.ts'

/** What install.sh switches to is complete, or is not made. */

const MAKE = fileURLToPath(new URL('../../deploy/release/make-release.ts', import.meta.url))
const LIMIT_MS = 60_000
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ajar-release-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const make = () => execFileSync(process.execPath, [MAKE, folder], { encoding: 'utf8' }).trim()

test(
  'a release stays as it is once it is complete; one that broke off is made again',
  () => {
    const release = join(folder, make())
    const missed = join(release, 'package.json')
    rmSync(missed)
    make()
    expect(existsSync(missed)).toBe(false)
    rmSync(join(release, 'complete'))
    expect(join(folder, make())).toBe(release)
    expect(existsSync(missed)).toBe(true)
  },
  LIMIT_MS,
)

test('a package that is missing is named, and no release is made; one for other machines may be missing', () => {
  const put = (path: string, content: object) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), JSON.stringify(content))
  }
  const manifest = { dependencies: { deep: '1.0.0', elsewhere: '1.0.0' }, optionalDependencies: { elsewhere: '1.0.0' } }
  put('node_modules/.pnpm/one@1.0.0/node_modules/one/package.json', manifest)
  symlinkSync('.pnpm/one@1.0.0/node_modules/one', join(folder, 'node_modules/one'))
  const packages = [{ folder: '', dependencies: ['one', 'two', 'three'], optional: ['three'] }]
  expect(() => findInstalled(packages, folder)).toThrow('lacks two (for all), deep (for one)')
  put('node_modules/two/package.json', {})
  put('node_modules/.pnpm/one@1.0.0/node_modules/deep/package.json', {})
  expect(findInstalled(packages, folder).stored).toEqual(['one@1.0.0'])
})

test('a change of any package that a release has is a change of the checkout', async () => {
  for (const { folder: ofPackage } of neededBy(['@ajar/server', '@ajar/redeploy', '@ajar/edge-agent'], CHECKOUT)) {
    const before = await fingerprintOf(folder)
    mkdirSync(join(folder, ofPackage, 'src'), { recursive: true })
    writeFileSync(join(folder, ofPackage, 'src/new.ts'), 'of it')
    expect(await fingerprintOf(folder), ofPackage).not.toBe(before)
  }
})
