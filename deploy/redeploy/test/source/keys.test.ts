import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { Remote } from './remote.ts'
import { verdict } from './verdict.ts'

// Dozens of programs in a row, on a machine that may have much to do.
vi.setConfig({ testTimeout: 120_000 })

/** What deploy/KEYS.md tells people to type, typed. */

const KEYS = readFileSync(fileURLToPath(new URL('../../../KEYS.md', import.meta.url)), 'utf8')
const BLOCK = /^```sh (\w+)\n([\s\S]*?)^```$/gm
const commands = new Map([...KEYS.matchAll(BLOCK)].map(([, name = '', text = '']) => [name, text]))

/** Somebody at a terminal, with a home and a checkout of the remote; what asks for a passphrase gets it. */
function somebody() {
  const remote = new Remote()
  const home = join(remote.folder, 'somebody')
  mkdirSync(join(home, '.ssh'), { recursive: true })
  const asked = join(home, 'passphrase.sh')
  writeFileSync(asked, '#!/bin/sh\necho a passphrase of mine\n', { mode: 0o755 })
  const folder = join(remote.folder, 'checkout')
  for (const [name, value] of Object.entries({ 'user.name': 'Alice', 'user.email': 'alice@example.com' }))
    remote.git('config', name, value)
  const type = (text: string) =>
    execFileSync('sh', ['-euc', text], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: home, SSH_ASKPASS: asked, SSH_ASKPASS_REQUIRE: 'force' },
    })
  const run = (name: string) => {
    const text = commands.get(name)
    if (text === undefined) throw new Error(`deploy/KEYS.md has no commands named ${name}`)
    const here = text.replaceAll('/etc/ajar', dirname(remote.signersFile)).replaceAll('sudo ', '')
    return type(here)
  }
  return { remote, home, folder, type, run }
}

test('a key that was made and allowed as told signs a tag; before, nobody could', async () => {
  const { remote, home, run, type } = somebody()
  run('make')
  expect(readFileSync(join(home, '.ssh/ajar-release'), 'utf8')).toContain('PRIVATE KEY')
  expect(() => type(`ssh-keygen -y -P '' -f ${home}/.ssh/ajar-release`)).toThrow('incorrect passphrase')
  run('sign')
  remote.push('--tags')
  expect(await verdict(remote, 'v1.2.3')).toBe('no_signers')
  expect(() => run('check')).toThrow()
  run('allow')
  run('check')
  expect(await verdict(remote, 'v1.2.3')).toBe('alice@example.com')
})

test('digests of downloads are checked as told, and others are refused', () => {
  const { folder, type, run } = somebody()
  run('make')
  run('allow')
  type('echo an agent >ajar-agent-1.2.3.tgz && sha256sum ajar-agent-1.2.3.tgz >SHA256SUMS')
  type('ssh-keygen -Y sign -q -n file -f ~/.ssh/ajar-release SHA256SUMS')
  run('files')
  writeFileSync(join(folder, 'ajar-agent-1.2.3.tgz'), 'another agent')
  expect(() => run('files')).toThrow()
  type('sha256sum ajar-agent-1.2.3.tgz >SHA256SUMS')
  expect(() => run('files')).toThrow()
})

test('after a rotation both keys sign in their time, and neither outside of it', async () => {
  const { remote, type, run } = somebody()
  run('make')
  run('allow')
  run('rotate')
  const [first = '', second = ''] = readFileSync(remote.signersFile, 'utf8').trim().split('\n')
  expect(first).toMatch(/^alice@example\.com valid-before="20270101Z",namespaces="git,file" ssh-ed25519 /)
  expect(second).toMatch(/^alice@example\.com valid-after="20261201Z",namespaces="git,file" ssh-ed25519 /)
  const sign = (tag: string, key: string, date: string) =>
    type(`GIT_COMMITTER_DATE=${date} git -c user.signingkey=~/.ssh/${key} tag -s -m ${tag} ${tag}`)
  sign('old-in-time', 'ajar-release', '2026-12-15T00:00:00Z')
  sign('old-late', 'ajar-release', '2027-01-01T00:00:01Z')
  sign('new-early', 'ajar-release-2', '2026-11-30T00:00:00Z')
  sign('new-in-time', 'ajar-release-2', '2026-12-15T00:00:00Z')
  sign('new-later', 'ajar-release-2', '2027-06-01T00:00:00Z')
  remote.push('--tags')
  for (const tag of ['old-in-time', 'new-in-time', 'new-later'])
    expect([tag, await verdict(remote, tag)]).toEqual([tag, 'alice@example.com'])
  for (const tag of ['old-late', 'new-early'])
    expect([tag, await verdict(remote, tag)]).toEqual([tag, 'unknown_signer'])
  // What is signed from now on is signed with the new key.
  expect(type('git config user.signingkey')).toContain('ajar-release-2')
})

test('what a revoked key ever signed is refused at once, whatever time it bears; another key goes on', async () => {
  const { remote, type, run } = somebody()
  run('make')
  run('allow')
  run('sign')
  type('GIT_COMMITTER_DATE=2020-01-01T00:00:00Z git tag -s -m old v0.1.0')
  remote.tag('v2.0.0', remote.signer('bob'))
  remote.push('--tags')
  for (const tag of ['v1.2.3', 'v0.1.0']) expect(await verdict(remote, tag)).toBe('alice@example.com')
  run('revoke')
  for (const tag of ['v1.2.3', 'v0.1.0'])
    for (const unsigned of [false, true]) expect(await verdict(remote, tag, unsigned)).toBe('unknown_signer')
  expect(await verdict(remote, 'v2.0.0')).toBe('bob@example.com')
})

test('every block of commands is one that these tests run', () => {
  expect([...commands.keys()].sort()).toEqual(['allow', 'check', 'files', 'make', 'revoke', 'rotate', 'sign'])
})
