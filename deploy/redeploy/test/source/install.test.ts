import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { noteRelease, readLedger } from '../../src/home/ledger.ts'
import { checkRoom } from '../../src/programs/room.ts'
import { step as exportTree } from '../../src/steps/export.ts'
import { step as fetch } from '../../src/steps/fetch.ts'
import { step as install } from '../../src/steps/install.ts'
import { step as verify } from '../../src/steps/verify.ts'
import { Remote } from './remote.ts'
import { builtTree, smallTree } from './small-tree.ts'

/** With the real git, pnpm, Node and `make-release.ts`, on a tree that is small. */

const LIMIT_MS = 120_000

async function made(
  remote: Remote,
  files: Record<string, string>,
  change: { force?: boolean; signal?: AbortSignal } = {},
) {
  remote.commit('a commit', null, files)
  const context = remote.context('main', { unsigned: true })
  context.request.force = change.force ?? false
  if (change.signal) context.signal = change.signal
  for (const step of [fetch, verify, exportTree, install]) await step(context)
  return context
}

const refusal = (remote: Remote, files: Record<string, string>) =>
  made(remote, files).then(
    () => null,
    (error) => error,
  )

test(
  'what is built is taken as it is, with production packages only, and becomes a complete release',
  async () => {
    const remote = new Remote()
    const { run, lines } = await made(remote, builtTree())
    const id = String(run.release)
    expect(id).toMatch(/^server-7\.8\.9-[0-9a-f]{12}$/)
    expect(run).toMatchObject({ version: '7.8.9', signer: null })
    const release = join(remote.home.releases, id)
    expect(readFileSync(join(release, 'complete'), 'utf8')).toBe(`${id}\n`)
    expect(readFileSync(join(release, 'server/web/dist/index.html'), 'utf8')).toBe('the console')
    expect(existsSync(join(release, 'deploy/redeploy/src/main.ts'))).toBe(true)
    expect(existsSync(join(release, 'deploy/redeploy/test'))).toBe(false)
    expect(existsSync(join(release, 'bin/node'))).toBe(true)
    // The server runs as another user.
    expect(statSync(release).mode & 0o777).toBe(0o755)
    expect(statSync(join(release, 'server/package.json')).mode & 0o777).toBe(0o644)
    expect(readLedger(remote.home)[id]).toMatchObject({
      ref: 'main',
      commit: run.commit,
      version: '7.8.9',
      state: 'new',
    })
    expect(readdirSync(remote.home.work)).toEqual([])
    expect(lines.join('\n')).not.toContain('+ typescript')
  },
  LIMIT_MS,
)

test(
  'a tree of sources is built; the same content is the same release, whatever commit it comes from',
  async () => {
    const remote = new Remote()
    const { run, lines } = await made(remote, smallTree())
    expect(lines.join('\n')).toContain('+ typescript')
    const release = join(remote.home.releases, String(run.release))
    for (const built of ['server/web/dist/index.html', 'docs/code/dist/index.html', 'deploy/bundle/dist/current.json'])
      expect(existsSync(join(release, built))).toBe(true)
    writeFileSync(join(release, 'mark'), '')
    const again = await made(remote, { 'test/more.test.ts': 'export {}\n' })
    expect(again.run.release).toBe(run.release)
    expect(again.run.commit).not.toBe(run.commit)
    expect(existsSync(join(release, 'mark'))).toBe(true)
    expect(readLedger(remote.home)[String(run.release)]?.commit).toBe(again.run.commit)
  },
  LIMIT_MS,
)

test(
  'without a console there is no release; without bundle or reference there is, and the log says so',
  async () => {
    const remote = new Remote()
    const broken = "console.error('the console is broken')\nprocess.exit(1)\n"
    expect(await refusal(remote, smallTree({ console: broken }))).toMatchObject({
      code: 'build_failed',
      fault: 'release',
    })
    expect(existsSync(remote.home.releases)).toBe(false)
    expect(readdirSync(remote.home.work)).toEqual([])
    const { run, lines } = await made(remote, smallTree({ bundle: 'process.exit(1)', reference: 'process.exit(1)' }))
    expect(existsSync(join(remote.home.releases, String(run.release), 'complete'))).toBe(true)
    expect(lines.filter((line) => line.startsWith('warn')).join()).toMatch(/bundled.*reference/)
  },
  LIMIT_MS,
)

test(
  'what is marked bad is refused unless it is forced',
  async () => {
    const remote = new Remote()
    const { run } = await made(remote, builtTree())
    noteRelease(remote.home, String(run.release), { state: 'bad', reason: 'never_ready: no answer' })
    const error = await made(remote, {}).catch((error) => error)
    expect(error).toMatchObject({
      code: 'release_bad',
      fault: 'caller',
      message: expect.stringContaining('never_ready'),
    })
    // Nor where it was removed meanwhile, and is made anew.
    rmSync(join(remote.home.releases, String(run.release)), { recursive: true })
    await expect(made(remote, {})).rejects.toMatchObject({ code: 'release_bad' })
    expect((await made(remote, {}, { force: true })).run.release).toBe(run.release)
  },
  LIMIT_MS,
)

test(
  'a commit without a part that every release needs, or whose lockfile is of something else, is no release',
  async () => {
    const remote = new Remote()
    expect(await refusal(remote, {})).toMatchObject({ code: 'not_ajar', fault: 'release' })
    expect(await refusal(remote, { ...builtTree(), 'package.json': '{' })).toMatchObject({ code: 'not_ajar' })
    const manifest = JSON.parse(builtTree()['package.json'] ?? '')
    const other = JSON.stringify({ ...manifest, dependencies: { 'left-pad': '1.3.0' } })
    const error = await refusal(remote, { ...builtTree(), 'package.json': other })
    expect(error).toMatchObject({ code: 'install_failed', fault: 'release' })
    const unnamed = JSON.stringify({ ...manifest, version: '$(id)/../x' })
    expect(await refusal(remote, { ...builtTree(), 'package.json': unnamed })).toMatchObject({ code: 'not_ajar' })
    expect(readdirSync(remote.home.work)).toEqual([])
  },
  LIMIT_MS,
)

test(
  'what a kill left half-way is made anew',
  async () => {
    const remote = new Remote()
    const { run } = await made(remote, builtTree())
    const release = join(remote.home.releases, String(run.release))
    rmSync(join(release, 'complete'))
    rmSync(join(release, 'server'), { recursive: true })
    mkdirSync(join(remote.home.work, 'job-0/server'), { recursive: true })
    mkdirSync(join(remote.home.work, 'job-1'))
    writeFileSync(join(remote.home.work, 'job-1/left.ts'), '')
    expect((await made(remote, {})).run.release).toBe(run.release)
    expect(existsSync(join(release, 'server/src/main.ts'))).toBe(true)
    expect(readdirSync(remote.home.releases)).toEqual([run.release])
    expect(readdirSync(remote.home.work)).toEqual([])
  },
  LIMIT_MS,
)

test(
  'a build that is ended ends with all that it started, and is told no secret',
  async () => {
    const remote = new Remote()
    const said = join(remote.folder, 'said')
    const ending = new AbortController()
    process.env.AJAR_ADMIN_TOKEN = 'a-secret-of-this-server'
    const slow = `import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
const child = spawn('sleep', ['600'], { stdio: 'inherit' })
writeFileSync('${said}', JSON.stringify({ pid: child.pid, environment: process.env }))
`
    const building = made(remote, smallTree({ console: slow }), { signal: ending.signal })
    while (!existsSync(said) || readFileSync(said, 'utf8') === '') await new Promise((wait) => setTimeout(wait, 50))
    delete process.env.AJAR_ADMIN_TOKEN
    const { pid, environment } = JSON.parse(readFileSync(said, 'utf8'))
    expect(JSON.stringify(environment)).not.toContain('a-secret-of-this-server')
    expect(environment.PATH).toBeTruthy()
    expect(runs(pid)).toBe(true)
    ending.abort(new Error('ended'))
    await expect(building).rejects.toThrow('ended')
    expect(runs(pid)).toBe(false)
    expect(readdirSync(remote.home.work)).toEqual([])
  },
  LIMIT_MS,
)

/** One that has ended may wait for somebody to take note of it. */
function runs(pid: number): boolean {
  return existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

test('a disk that would be full is left alone', async () => {
  await expect(checkRoom('/', 2 ** 60)).rejects.toMatchObject({ code: 'no_room', fault: 'environment' })
  await expect(checkRoom('/', 1)).resolves.toBeUndefined()
})

test('a branch or a tag with the name of another version than the commit has is refused, and no release is bad for it', async () => {
  const remote = new Remote()
  remote.commit('7.8.9', null, builtTree())
  for (const name of ['tags', 'heads']) remote.push(`HEAD:refs/${name}/v9.9.9`)
  const context = remote.context('v9.9.9', { unsigned: true })
  const deployed = (async () => {
    for (const step of [fetch, verify, exportTree, install]) await step(context)
  })()
  await expect(deployed).rejects.toMatchObject({ code: 'wrong_version', fault: 'caller' })
  expect(readLedger(remote.home)).toEqual({})
})
