import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { step as fetch, fetch as fetchWith } from '../../src/steps/fetch.ts'
import { Remote } from './remote.ts'

// Dozens of programs in a row, on a machine that may have much to do.
vi.setConfig({ testTimeout: 120_000 })

const found = async (remote: Remote, ref: string | null) => {
  const context = remote.context(ref)
  await fetch(context)
  return { ref: context.run.ref, commit: context.run.commit }
}

test('a branch, a tag of either kind, and a commit by its first digits are found; without a word the newest version', async () => {
  const remote = new Remote()
  const first = remote.git('rev-parse', 'HEAD').trim()
  remote.tag('v1.9.0', null)
  const second = remote.commit('second')
  remote.git('tag', 'v1.10.0')
  remote.git('tag', 'v2.0.0-rc.1')
  remote.push('--tags')
  const third = remote.commit('third')
  expect(await found(remote, null)).toEqual({ ref: 'v1.10.0', commit: second })
  expect(await found(remote, 'v1.9.0')).toEqual({ ref: 'v1.9.0', commit: first })
  expect(await found(remote, 'v2.0.0-rc.1')).toEqual({ ref: 'v2.0.0-rc.1', commit: second })
  expect(await found(remote, 'main')).toEqual({ ref: 'main', commit: third })
  expect(await found(remote, first.slice(0, 7).toUpperCase())).toMatchObject({ commit: first })
  expect(await found(remote, second)).toMatchObject({ commit: second })
})

test('what the remote moved, took back, or named like a folder of another is followed', async () => {
  const remote = new Remote()
  const first = remote.commit('one')
  remote.git('tag', 'moves')
  remote.push('HEAD:refs/heads/topic', 'refs/tags/moves')
  await found(remote, 'topic')
  const second = remote.commit('two')
  remote.git('tag', '--force', 'moves')
  remote.push('refs/tags/moves', ':refs/heads/topic', 'HEAD:refs/heads/topic/deeper')
  expect(await found(remote, 'moves')).toMatchObject({ commit: second })
  expect(await found(remote, 'topic/deeper')).toMatchObject({ commit: second })
  await expect(found(remote, 'topic')).rejects.toMatchObject({ code: 'unknown_ref', fault: 'caller' })
  remote.git('reset', '--quiet', '--hard', first)
  remote.commit('another way')
  remote.push(':refs/tags/moves', ':refs/heads/topic/deeper')
  await expect(found(remote, 'moves')).rejects.toMatchObject({ code: 'unknown_ref' })
  // It is still in the repository.
  await expect(found(remote, second)).rejects.toMatchObject({ code: 'unknown_ref' })
})

test('a tag or branch that is named like a commit does not stand for it', async () => {
  const remote = new Remote()
  const first = remote.git('rev-parse', 'HEAD').trim()
  remote.commit('second')
  remote.git('tag', first.slice(0, 8))
  remote.git('branch', first)
  remote.push('--tags', first)
  expect(await found(remote, first.slice(0, 8))).toMatchObject({ commit: first })
  expect(await found(remote, first)).toMatchObject({ commit: first })
})

test('a tag that names a file, and one that is not there, are no release', async () => {
  const remote = new Remote()
  remote.git('tag', 'file', 'HEAD:message.txt')
  remote.push('--tags')
  await expect(found(remote, 'file')).rejects.toMatchObject({ code: 'bad_ref' })
  await expect(found(remote, 'v9.9.9')).rejects.toMatchObject({ code: 'unknown_ref' })
  await expect(found(remote, null)).rejects.toMatchObject({ code: 'unknown_ref' })
})

test.each(['--upload-pack=touch proof', '../..', '@{-1}', 'main\n--x', 'x'.repeat(300)])(
  '%j is refused before git runs',
  async (ref) => {
    const remote = new Remote()
    await expect(found(remote, ref)).rejects.toMatchObject({ code: 'bad_ref' })
    expect(existsSync(remote.home.repository)).toBe(false)
  },
)

test('a remote that runs a program is not asked', async () => {
  const remote = new Remote()
  const proof = join(remote.folder, 'proof')
  for (const url of [`ext::sh -c touch% ${proof}`, `--upload-pack=touch ${proof}`, 'http://127.0.0.1:9/x.git']) {
    const context = remote.context('main', { remote: url })
    await expect(fetch(context)).rejects.toMatchObject({ code: 'fetch_failed', fault: 'environment' })
  }
  expect(existsSync(proof)).toBe(false)
})

test('without a remote, or where it does not answer, the reason is told and no password', async () => {
  const remote = new Remote()
  await expect(fetch(remote.context('main', { remote: null }))).rejects.toMatchObject({ code: 'no_remote' })
  const url = 'https://token:s3cr3t@127.0.0.1:9/ajar.git'
  const context = remote.context('main', { remote: url })
  const error = await fetch(context).catch((error) => error)
  expect(error).toMatchObject({ code: 'fetch_failed', fault: 'environment' })
  expect(error.message).toContain('127.0.0.1')
  const written = readdirSync(remote.home.repository, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
  expect(written.length).toBeGreaterThan(0)
  for (const text of [error.message, ...context.lines, ...written]) expect(text).not.toMatch(/s3cr3t|token/)
})

test('a git that was killed, and a repository that a power cut damaged, hinder nothing', async () => {
  const remote = new Remote()
  await found(remote, 'main')
  const second = remote.commit('second')
  const { repository } = remote.home
  for (const lock of ['packed-refs.lock', 'refs/heads/main.lock', 'config.lock', 'HEAD.lock'])
    writeFileSync(join(repository, lock), '')
  expect(await found(remote, 'main')).toMatchObject({ commit: second })
  writeFileSync(join(repository, 'refs/heads/main'), '')
  const third = remote.commit('third')
  expect(await found(remote, 'main')).toMatchObject({ commit: third })
  rmSync(join(repository, 'objects'), { recursive: true })
  expect(await found(remote, 'main')).toMatchObject({ commit: third })
  rmSync(join(repository, 'HEAD'))
  expect(await found(remote, 'main')).toMatchObject({ commit: third })
})

test('a repository that is whole stays where the fetch fails', async () => {
  const remote = new Remote()
  await found(remote, 'main')
  const { repository } = remote.home
  const mark = join(repository, 'of-the-first')
  writeFileSync(mark, '')
  // The remote has taken what git refuses to fetch: a commit that nobody has made.
  const commit = join(remote.folder, 'commit')
  writeFileSync(commit, `tree ${remote.git('rev-parse', 'HEAD^{tree}').trim()}\n\nof nobody\n`)
  const bad = remote.git('hash-object', '-t', 'commit', '-w', '--literally', commit).trim()
  remote.push(`${bad}:refs/heads/bad`)
  await expect(fetch(remote.context('main'))).rejects.toMatchObject({ code: 'fetch_failed' })
  expect(existsSync(mark)).toBe(true)
})

test('no hook of anybody runs', async () => {
  const remote = new Remote()
  await found(remote, 'main')
  expect(existsSync(join(remote.home.repository, 'hooks'))).toBe(false)
})

test('a remote that holds more than fits fills no disk, and leaves nothing of it', async () => {
  const remote = new Remote()
  await fetch(remote.context('main'))
  remote.commit('large', null, { large: randomBytes(300_000).toString('hex') })
  const spare = Number.MAX_SAFE_INTEGER
  await expect(fetchWith(spare)(remote.context('main'))).rejects.toMatchObject({
    code: 'no_room',
    fault: 'environment',
  })
  const left = readdirSync(join(remote.home.repository, 'objects'), { recursive: true, encoding: 'utf8' })
  expect(left.filter((path) => /tmp|lock/.test(path))).toEqual([])
  expect((await found(remote, 'main')).commit).toBe(remote.git('rev-parse', 'HEAD').trim())
})

test('the newest version is none that is older than what runs, whoever took the tags away', async () => {
  const remote = new Remote()
  remote.tag('v1.0.0', null)
  const newestWhere = (from: string) => {
    const context = remote.context(null)
    context.change({ from })
    return fetch(context).then(
      () => context.run.ref,
      ({ code }) => code,
    )
  }
  expect(await newestWhere('server-1.0.1-0123456789ab')).toBe('not_newer')
  expect(await newestWhere('server-1.0.0-0123456789ab')).toBe('v1.0.0')
  expect(await newestWhere('server-0.9.0-0123456789ab')).toBe('v1.0.0')
  expect(await newestWhere('by-hand')).toBe('v1.0.0')
})
