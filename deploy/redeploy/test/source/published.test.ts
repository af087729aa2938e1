import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { step as exportTree } from '../../src/steps/export.ts'
import { step as fetch } from '../../src/steps/fetch.ts'
import { step as install } from '../../src/steps/install.ts'
import { step as verify } from '../../src/steps/verify.ts'
import { Remote } from './remote.ts'

/** `npm run release` on a clone of all this, and what the redeployer makes of its tag. */

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
const LIMIT_MS = 900_000

/** This checkout as it is, committed to a repository of its own that pushes to `remote`. */
function cloneFor(remote: Remote) {
  const folder = mkdtempSync(join(remote.folder, 'clone-'))
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim()
  const listed = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  for (const path of execFileSync('git', listed, { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean))
    if (existsSync(join(ROOT, path))) cpSync(join(ROOT, path), join(folder, path))
  git('init', '--quiet', '--initial-branch=main')
  for (const [name, value] of [
    ['user.name', 'Somebody'],
    ['user.email', 'somebody@example.com'],
  ] as const)
    git('config', name, value)
  git('remote', 'add', 'origin', remote.url)
  git('add', '--all')
  git('commit', '--quiet', '--no-gpg-sign', '--message', 'All of the release before')
  git('tag', 'v0.0.1')
  git('commit', '--quiet', '--no-gpg-sign', '--allow-empty', '--message', 'Door: sees it')
  git('push', '--quiet', '--force', 'origin', 'main')
  const publish = (...args: string[]) =>
    spawnSync(process.execPath, [join(folder, 'deploy/publish/publish.ts'), ...args], { cwd: folder, encoding: 'utf8' })
  return { folder, git, publish }
}

test(
  'what npm run release makes is deployed by its tag, and nothing of it is built again',
  async () => {
    const remote = new Remote()
    const key = remote.signer('alice')
    const { folder, git, publish } = cloneFor(remote)
    const head = git('rev-parse', 'HEAD')
    const { version: before } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const { status, stdout, stderr } = publish('major', '--key', key, '--push', 'origin', '--agents', 'bare')
    expect({ status, stderr }).toMatchObject({ status: 0 })

    // On the branch: the version and what changed, and nothing that is built.
    expect(before).toMatch(/^0\./)
    expect(git('status', '--porcelain')).toBe('')
    expect(git('rev-parse', 'HEAD~1')).toBe(head)
    const changed = git('diff', '--name-only', 'HEAD~1').split('\n')
    expect(changed).toEqual(expect.arrayContaining(['CHANGELOG.md', 'package.json', 'server/package.json']))
    expect(changed.filter((path) => !/(^|\/)package\.json$|^CHANGELOG\.md$/.test(path))).toEqual([])
    expect(changed).not.toContain('edge-agent/epoll/package.json')
    expect(readFileSync(join(folder, 'CHANGELOG.md'), 'utf8')).toMatch(
      /^# Changelog\n\n## 1\.0\.0 \(.*\n\n### Door\n\n- sees it\n$/,
    )
    expect(git('rev-parse', 'v1.0.0^{commit}~1')).toBe(git('rev-parse', 'HEAD'))
    expect(git('ls-remote', 'origin', 'refs/heads/main', 'refs/tags/v1.0.0').split('\n')).toHaveLength(2)

    // What agents are downloaded with is signed by the same key.
    const offered = join(folder, 'deploy/publish/dist/v1.0.0')
    expect(readdirSync(offered).sort()).toEqual(['SHA256SUMS', 'SHA256SUMS.sig', 'ajar-agent-1.0.0.tgz'])
    const sums = readFileSync(join(offered, 'SHA256SUMS'))
    const how = ['-Y', 'verify', '-f', remote.signersFile, '-I', 'alice@example.com', '-n', 'file']
    const verified = spawnSync('ssh-keygen', [...how, '-s', join(offered, 'SHA256SUMS.sig')], {
      input: sums,
      encoding: 'utf8',
    })
    expect(verified.status).toBe(0)
    execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: offered })
    expect(stdout).toContain('SHA256SUMS.sig')

    const context = remote.context(null)
    for (const step of [fetch, verify, exportTree, install]) await step(context)
    expect(context.run).toMatchObject({ ref: 'v1.0.0', version: '1.0.0', signer: 'alice@example.com' })
    expect(context.lines.join('\n')).not.toMatch(/built|bundled|\+ (vitest|typescript)/)
    const release = join(remote.home.releases, String(context.run.release))
    expect(existsSync(join(release, 'server/web/dist/index.html'))).toBe(true)
    expect(existsSync(join(release, 'docs/code/dist/index.html'))).toBe(true)
    // The bundle is of just these sources, else it would be left aside.
    const asks = `const { freshChunk } = await import(process.argv[1])
      console.log(freshChunk('server')?.pathname, freshChunk('worker')?.pathname)`
    const current = join(release, 'deploy/bundle/src/current.ts')
    const asked = ['--input-type=module', '-e', asks, current]
    const chunks = execFileSync(join(release, 'bin/node'), asked, { encoding: 'utf8' })
    expect(
      chunks
        .trim()
        .split(' ')
        .map((path) => existsSync(path) && dirname(dirname(path))),
    ).toEqual(Array(2).fill(join(release, 'deploy/bundle/dist')))

    // Once is enough, and only what is committed is released.
    expect(publish('1.0.0', '--key', key).stderr).toContain('v1.0.0 is there already')
    expect(publish('0.9.0', '--key', key).stderr).toContain('comes before')
    expect(publish('patch', '--key', key).stderr).toContain('nothing is new since 1.0.0')
    writeFileSync(join(folder, 'README.md'), 'changed')
    expect(publish('patch', '--key', key).stderr).toContain('commit them first (README.md)')
  },
  LIMIT_MS,
)

test(
  'without a key, a version, a branch or a remote that takes it nothing is made',
  () => {
    const remote = new Remote()
    const { git, publish } = cloneFor(remote)
    expect(publish('patch').stderr).toContain('deploy/KEYS.md')
    expect(publish('patch', '--key', '/nowhere').stderr).toContain('/nowhere is not there')
    const usage = publish()
    expect([usage.status, usage.stderr]).toEqual([2, expect.stringContaining('npm run release -- VERSION')])
    const key = remote.key('alice')
    expect(publish('patch', '--key', key, '--push', 'nowhere').stderr).toContain('nowhere cannot be reached')
    git('fetch', '--quiet', 'origin')
    git('push', '--quiet', 'origin', `${git('commit-tree', '-p', 'HEAD', '-m', 'theirs', 'HEAD^{tree}')}:main`)
    expect(publish('patch', '--key', key, '--push', 'origin').stderr).toContain('git pull origin main')
    git('checkout', '--quiet', '--detach')
    expect(publish('patch', '--key', key).stderr).toContain('on no branch')
    expect(git('tag')).toBe('v0.0.1')
  },
  LIMIT_MS,
)
