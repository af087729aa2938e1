import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Repository } from '../repository.ts'
import { subjectsOf } from '../subjects.ts'

test('what is new is what came after the last release; before the first one there is nothing to compare with', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ajar-subjects-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: folder })
  const commit = (subject: string) => git('commit', '--quiet', '--no-gpg-sign', '--allow-empty', '--message', subject)
  git('init', '--quiet', '--initial-branch=main')
  commit('Door: is there')
  const subjects = () => subjectsOf(new Repository(folder, 'no-key'), 'HEAD')
  expect(subjects()).toBeNull()
  git('tag', 'v0.1.0')
  expect(subjects()).toEqual([])
  commit('Door: opens')
  commit('Door: shuts')
  expect(subjects()).toEqual(['Door: shuts', 'Door: opens'])
  writeFileSync(join(folder, 'CHANGELOG.md'), '# Changelog')
  git('add', '--all')
  commit('Version 0.2.0')
  git('tag', '--delete', 'v0.1.0')
  expect(subjects).toThrow('git fetch --tags')
})
