import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { step as fetch } from '../../src/steps/fetch.ts'
import { step as verify } from '../../src/steps/verify.ts'
import { Remote } from './remote.ts'
import { verdict } from './verdict.ts'

// Dozens of programs in a row, on a machine that may have much to do.
vi.setConfig({ testTimeout: 120_000 })

test('a tag that an allowed key signed passes, and so does a signed commit by branch, id, or a tag that nobody signed', async () => {
  const remote = new Remote()
  const key = remote.signer('alice')
  remote.tag('signed', key)
  const commit = remote.commit('second', key)
  remote.git('tag', 'light')
  remote.tag('annotated', null)
  remote.push('--tags')
  expect(await verdict(remote, 'signed')).toBe('alice@example.com')
  for (const ref of ['main', commit, commit.slice(0, 9), 'light', 'annotated'])
    expect(await verdict(remote, ref)).toBe('alice@example.com')
})

test('what nobody signed is refused; a setting lets it pass, and the log says so', async () => {
  const remote = new Remote()
  remote.signer('alice')
  remote.tag('annotated', null)
  for (const ref of ['main', 'annotated']) {
    expect(await verdict(remote, ref)).toBe('not_signed')
    expect(await verdict(remote, ref, true)).toBe(null)
  }
  const context = remote.context('main', { unsigned: true })
  await fetch(context)
  await verify(context)
  expect(context.lines.at(-1)).toMatch(/^warn main is not signed.*AJAR_RELEASE_UNSIGNED/)
})

test('the signed tag of an old release does not pass under the name of a new one', async () => {
  const remote = new Remote()
  const key = remote.signer('alice')
  remote.tag('v1.0.0', key)
  remote.commit('second', key)
  remote.git('update-ref', 'refs/tags/v2.0.0', remote.git('rev-parse', 'refs/tags/v1.0.0').trim())
  remote.push('--tags')
  expect(await verdict(remote, 'v1.0.0')).toBe('alice@example.com')
  for (const unsigned of [false, true]) expect(await verdict(remote, 'v2.0.0', unsigned)).toBe('bad_signature')
})

test('a signed tag of a signed tag is none of a commit', async () => {
  const remote = new Remote()
  const key = remote.signer('alice')
  remote.tag('inner', key)
  remote.git('tag', '--sign', `--local-user=${key}`, '--message', 'outer', 'outer', 'inner')
  remote.push('--tags')
  expect(await verdict(remote, 'outer').catch((error) => error.code)).toBe('bad_ref')
})

test('a key that is not allowed is refused, also where nobody has to sign', async () => {
  const remote = new Remote()
  remote.signer('alice')
  const stranger = remote.key('mallory')
  remote.tag('foreign', stranger)
  remote.commit('second', stranger)
  for (const unsigned of [false, true])
    for (const ref of ['foreign', 'main']) expect(await verdict(remote, ref, unsigned)).toBe('unknown_signer')
  // A good signature of the commit does not make up for the tag's.
  remote.commit('third', remote.key('alice'))
  remote.tag('foreign-on-good', stranger)
  expect(await verdict(remote, 'main')).toBe('alice@example.com')
  expect(await verdict(remote, 'foreign-on-good')).toBe('unknown_signer')
})

test('a key that may sign files, or for other names, may sign no release', async () => {
  const remote = new Remote()
  remote.tag('v1', remote.signer('files', 'namespaces="file"'))
  remote.tag('v2', remote.signer('releases', 'namespaces="git"'))
  expect(await verdict(remote, 'v1')).not.toContain('@')
  expect(await verdict(remote, 'v2')).toBe('releases@example.com')
})

test('a revoked key is refused, and named', async () => {
  const remote = new Remote()
  const key = remote.signer('alice')
  remote.tag('v1', key)
  writeFileSync(remote.revokedFile, readFileSync(remote.signer('bob').concat('.pub')))
  expect(await verdict(remote, 'v1')).toBe('alice@example.com')
  writeFileSync(remote.revokedFile, readFileSync(`${key}.pub`))
  expect(await verdict(remote, 'v1')).toBe('unknown_signer')
  const context = remote.context('v1')
  await fetch(context)
  await expect(verify(context)).rejects.toThrow(/alice@example\.com that .*revoked_keys revokes/)
  rmSync(remote.revokedFile)
  execFileSync('ssh-keygen', ['-q', '-k', '-f', remote.revokedFile, `${key}.pub`]) // a list of revocations
  expect(await verdict(remote, 'v1')).toBe('unknown_signer')
})

test('a revocation list that cannot be read lets nothing pass', async () => {
  const remote = new Remote()
  remote.tag('v1', remote.signer('alice'))
  writeFileSync(remote.revokedFile, 'no key at all\n')
  expect(await verdict(remote, 'v1')).not.toContain('@')
})

test('a key signs within its time: the past one up to its end, the coming one not yet', async () => {
  const remote = new Remote()
  const past = remote.signer('past', 'valid-before="20200101Z"')
  const coming = remote.signer('coming', 'valid-after="20990101Z"')
  remote.tag('late', past)
  remote.tag('early', coming)
  process.env.GIT_COMMITTER_DATE = '2019-06-01T00:00:00Z'
  try {
    remote.tag('in-time', past)
  } finally {
    delete process.env.GIT_COMMITTER_DATE
  }
  expect(await verdict(remote, 'in-time')).toBe('past@example.com')
  expect(await verdict(remote, 'late')).toBe('unknown_signer')
  expect(await verdict(remote, 'early')).toBe('unknown_signer')
  const context = remote.context('late')
  await fetch(context)
  await expect(verify(context)).rejects.toThrow(/key has expired/)
})

test('a tag or commit that was changed after it was signed is refused, also where nobody has to sign', async () => {
  const remote = new Remote()
  const key = remote.signer('alice')
  const commit = remote.commit('second', key)
  remote.tag('v1', key)
  const rewritten = (type: string, ref: string, from: string, to: string) => {
    const text = remote.git('cat-file', type, ref)
    expect(text).toContain(from)
    const file = `${remote.folder}/object`
    writeFileSync(file, text.replace(from, to))
    return remote.git('hash-object', '-t', type, '-w', file).trim()
  }
  remote.git('update-ref', 'refs/tags/v1', rewritten('tag', 'v1', 'ajar v1', 'ajar v2'))
  remote.git('update-ref', 'refs/heads/changed', rewritten('commit', commit, 'second', 'seconds'))
  remote.push('--all')
  remote.push('--tags')
  for (const unsigned of [false, true])
    for (const ref of ['v1', 'changed']) expect(await verdict(remote, ref, unsigned)).toBe('bad_signature')
})

test('without a list of signers, or with an empty one, a signature is worth nothing', async () => {
  const remote = new Remote()
  remote.tag('v1', remote.key('alice'))
  expect(await verdict(remote, 'v1')).toBe('no_signers')
  writeFileSync(remote.signersFile, '# nobody yet\n\n')
  expect(await verdict(remote, 'v1')).toBe('no_signers')
})

test('what the machine says of signatures does not count', async () => {
  const remote = new Remote()
  remote.signer('alice')
  const stranger = remote.key('mallory')
  remote.tag('v1', stranger)
  await fetch(remote.context('v1'))
  const theirs = `${remote.folder}/their_signers`
  writeFileSync(theirs, `x@example.com ${readFileSync(`${stranger}.pub`, 'utf8')}`)
  const config = (name: string, value: string) =>
    execFileSync('git', ['--git-dir', remote.home.repository, 'config', name, value])
  config('gpg.ssh.allowedSignersFile', theirs)
  config('gpg.minTrustLevel', 'undefined')
  config('gpg.ssh.program', '/bin/true')
  expect(await verdict(remote, 'v1')).toBe('unknown_signer')
})

test('as the newest version only a signed tag passes: any other one was put there by whoever writes to the remote', async () => {
  const remote = new Remote()
  const key = remote.signer('alice')
  const old = remote.commit('old', key)
  remote.tag('v1.0.0', key)
  expect(await verdict(remote, null)).toBe('alice@example.com')
  remote.git('tag', 'v9.9.9', old)
  remote.push('--tags')
  expect(await verdict(remote, null)).toBe('not_signed')
  expect(await verdict(remote, null, true)).toBe('alice@example.com')
})

test('a tag or a commit that is larger than anybody writes is not read', async () => {
  const remote = new Remote()
  remote.signer('alice')
  const message = join(remote.folder, 'message')
  writeFileSync(message, 'x'.repeat(1_100_000))
  remote.git('tag', '--annotate', `--file=${message}`, 'large')
  remote.git('commit', '--quiet', '--allow-empty', '--no-gpg-sign', `--file=${message}`)
  remote.push('--tags', 'HEAD:main')
  for (const ref of ['large', 'main']) expect(await verdict(remote, ref, true)).toBe('bad_ref')
})
