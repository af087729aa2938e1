import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { NO_REFS, REFS } from '../../test/setup/refs.ts'
import { type Logging, loggingFor } from '../src/logging/logging.ts'
import { homeAt } from '../src/releases/home.ts'
import { listReleases } from '../src/releases/releases.ts'
import { shownRemote } from '../src/releases/remote.ts'
import { checkWanted } from '../src/releases/wanted.ts'
import { FakeRedeployer } from './fake-redeployer.ts'
import { RunningServer, settingsFor, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const NOTED = { ref: null, commit: null, signer: null, version: null, reason: null, madeAt: 1000, deployedAt: null }
const COMMIT = '0123456789abcdef0123456789abcdef01234567'

const entry = (more: object) => ({ ...NOTED, state: 'good', fieldOfANewerRelease: [1], ...more })
const home = async () => new FakeRedeployer(await temporaryFolder(onTestFinished))

describe('GET /api/releases', () => {
  test('lists what is there, the newest first, as the redeployer noted it', async () => {
    const redeployer = await home()
    for (const id of ['server-0.1.0-aaa', 'server-0.2.0-bbb', 'server-0.3.0-ccc', 'by-hand']) redeployer.release(id)
    redeployer.release('server-0.4.0-ddd', { isComplete: false })
    redeployer.release('.server-0.5.0-eee.new')
    redeployer.link('trusted', 'server-0.1.0-aaa')
    const releases = {
      'server-0.1.0-aaa': entry({
        deployedAt: 5000,
        ref: 'v0.1.0',
        commit: COMMIT,
        signer: 'ann@example',
        version: '0.1.0',
      }),
      'server-0.2.0-bbb': entry({ state: 'bad', reason: 'crashed: it ended', madeAt: 3000 }),
      'server-0.3.0-ccc': entry({ state: 'of a newer release', madeAt: 2000 }),
      'server-0.9.0-gone': entry({}),
    }
    redeployer.ledger(JSON.stringify({ v: 1, releases, more: 1 }))
    const remote = 'https://tom:hunter2@git.example/ajar.git?token=hunter3'
    const settings = { AJAR_DEPLOY_DIR: redeployer.folder, AJAR_RELEASE_REMOTE_URL: remote }
    const server = await RunningServer.start(onTestFinished, settings)
    const { token } = (await server.call('POST', '/api/tokens', { name: 'op', role: 'operator' })).body
    const { status, body } = await server.call('GET', '/api/releases', undefined, token)
    const none = { ref: null, commit: null, signer: null, reason: null, deployedAt: null, isCurrent: false }
    expect(status).toBe(200)
    expect(body).toEqual({
      items: [
        { ...none, id: 'by-hand', version: 'by-hand', state: 'unknown', madeAt: expect.any(String), isTrusted: false },
        {
          ...{ ...none, id: 'server-0.2.0-bbb', version: '0.2.0', state: 'bad', reason: 'crashed: it ended' },
          ...{ madeAt: '1970-01-01T00:00:03.000Z', isTrusted: false },
        },
        {
          ...{ ...none, id: 'server-0.3.0-ccc', version: '0.3.0', state: 'unknown' },
          ...{ madeAt: '1970-01-01T00:00:02.000Z', isTrusted: false },
        },
        {
          ...{ ...none, id: 'server-0.1.0-aaa', version: '0.1.0', state: 'good', ref: 'v0.1.0', commit: COMMIT },
          ...{ signer: 'ann@example', madeAt: '1970-01-01T00:00:01.000Z', deployedAt: '1970-01-01T00:00:05.000Z' },
          isTrusted: true,
        },
      ],
      ...{ next: null, redeployable: true, current: null, remote: 'https://git.example/ajar.git', unsigned: false },
      redeploy: null,
    })
  })

  test.each([
    ['half-written', '{"v":1,"releases":{"server-0.1.0-aaa":{"state":"go'],
    ['of another shape', '{"v":2,"releases":[1,2]}'],
    ['with an entry of another shape', '{"v":1,"releases":{"server-0.1.0-aaa":{"state":["good"]}}}'],
    ['empty', ''],
  ])('a ledger that is %s says nothing, and releases are listed all the same', async (_, ledger) => {
    const redeployer = await home()
    redeployer.release('server-0.1.0-aaa')
    redeployer.ledger(ledger)
    const listed = await listReleases(homeAt(redeployer.folder))
    expect(listed).toMatchObject([{ id: 'server-0.1.0-aaa', version: '0.1.0', state: 'unknown', reason: null }])
  })

  test('a folder that is not there yet holds none; one that cannot be read says so', async () => {
    const folder = await temporaryFolder(onTestFinished)
    expect(await listReleases(homeAt(folder))).toEqual([])
    writeFileSync(join(folder, 'releases'), '')
    await expect(listReleases(homeAt(folder))).rejects.toMatchObject({ status: 503, code: 'releases_unreadable' })
  })
})

describe('a server that does not redeploy', () => {
  let server: RunningServer
  beforeAll(async () => {
    server = await RunningServer.start(afterFile)
  })

  test('says so, and has nothing to list and nothing in health', async () => {
    const { status, body } = await server.call('POST', '/api/redeploy')
    expect({ status, code: body.error.code }).toEqual({ status: 409, code: 'not_redeployable' })
    expect((await server.call('GET', '/api/releases')).body).toMatchObject({ items: [], remote: null, redeploy: null })
    const { checks } = (await server.call('GET', '/api/health/ready')).body
    expect(checks.some(({ name }: { name: string }) => name === 'redeploy')).toBe(false)
  })
})

describe('what is asked for', () => {
  const asked = (ref: string | null, release: string | null = null) => checkWanted({ ref, release, force: false })

  test.each(REFS)('%s may be a ref', (ref) => expect(() => asked(ref)).not.toThrow())

  test.each(NO_REFS)('%j is none', (ref) => {
    expect(() => asked(ref)).toThrow(expect.objectContaining({ status: 400, code: 'bad_ref', field: 'ref' }))
  })

  test('is a ref or a release', () => {
    expect(() => asked('main', 'server-1')).toThrow(expect.objectContaining({ code: 'ref_and_release' }))
  })
})

describe('secrets of the remote', () => {
  test.each([
    ['https://tom:hunter2@git.example/a.git', 'https://git.example/a.git'],
    ['https://hunter2@git.example/a.git?private_token=hunter3#x', 'https://git.example/a.git'],
    ['ssh://git:hunter2@git.example:22/a.git', 'ssh://git@git.example:22/a.git'],
    ['git@git.example:a.git', 'git@git.example:a.git'],
    ['/srv/git/a.git', '/srv/git/a.git'],
    ['file:///srv/a.git', 'file:///srv/a.git'],
  ])('%s is shown as %s', (remote, shown) => {
    expect(shownRemote(remote)).toBe(shown)
    expect(settingsFor('/data', { AJAR_RELEASE_REMOTE_URL: remote }).releaseRemote).toBe(remote)
  })

  test('stand in no line', () => {
    const lines: string[] = []
    const remotes = ['https://tom:hunter%402@git.example/a', 'https://hunter-three@git.example/a?t=hunter-four']
    for (const AJAR_RELEASE_REMOTE_URL of remotes) {
      const logging: Logging = loggingFor(
        settingsFor('/data', { AJAR_RELEASE_REMOTE_URL }),
        (text) => void lines.push(text),
      )
      logging.of('releases').warn('fatal: hunter%402 or hunter@2 or hunter-three or hunter-four was refused')
    }
    expect(lines.length).toBe(2)
    expect(lines[0]).not.toMatch(/hunter(%40|@)2/)
    expect(lines[1]).not.toMatch(/hunter-/)
  })
})

test('a release is asked for by an id that is there; a bad one by force', async () => {
  const redeployer = await (await home()).listen(onTestFinished)
  redeployer.release('server-0.1.0-aaa')
  redeployer.release('server-0.2.0-bbb', { isComplete: false })
  redeployer.ledger(JSON.stringify({ releases: { 'server-0.1.0-aaa': entry({ state: 'bad', reason: 'crashed' }) } }))
  mkdirSync(join(redeployer.folder, 'other'))
  writeFileSync(join(redeployer.folder, 'other/complete'), '')
  const server = await RunningServer.start(onTestFinished, { AJAR_DEPLOY_DIR: redeployer.folder })
  const deploy = async (body: object) => {
    const answer = await server.call('POST', '/api/redeploy', body)
    return [answer.status, answer.body.error?.code ?? null]
  }
  for (const release of ['server-9', 'server-0.2.0-bbb', '../other', '..', '', 'a/b'])
    expect([release, ...(await deploy({ release }))]).toEqual([release, 404, 'not_found'])
  expect(await deploy({ release: 'server-0.1.0-aaa' })).toEqual([409, 'release_bad'])
  expect(await deploy({ ref: 'main' })).toEqual([409, 'no_remote'])
  expect(await deploy({})).toEqual([409, 'no_remote'])
  expect(await deploy({ ref: '--upload-pack=x' })).toEqual([400, 'bad_ref'])
  expect((await deploy({ unknown: 1 }))[0]).toBe(400)
  expect((await deploy({ force: 'yes' }))[0]).toBe(400)
  expect(redeployer.asked).toEqual([])
  expect(await deploy({ release: 'server-0.1.0-aaa', force: true })).toEqual([202, null])
})

test('the server writes nothing into the folder that it reads', async () => {
  const redeployer = await (await home()).listen(onTestFinished)
  redeployer.release('server-0.1.0-aaa')
  redeployer.write('job-1', { state: 'kept', endedAt: 1 })
  const seen = () => {
    const names = ['', ...(readdirSync(redeployer.folder, { recursive: true }) as string[])].sort()
    return names.map((name) => [name, statSync(join(redeployer.folder, name)).mtimeMs])
  }
  const before = seen()
  const server = await RunningServer.start(onTestFinished, { AJAR_DEPLOY_DIR: redeployer.folder })
  redeployer.answer = (_, socket) => void socket.end('{"refused":{"code":"busy","message":"another one"}}\n')
  const { id } = (await server.call('POST', '/api/redeploy', { release: 'server-0.1.0-aaa' })).body
  await until(async () => (await server.call('GET', `/api/jobs/${id}`)).body.state === 'failed')
  expect((await server.call('GET', '/api/releases')).body.items).toHaveLength(1)
  expect(seen()).toEqual(before)
})
