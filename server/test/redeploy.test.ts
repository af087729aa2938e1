import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openStateDatabase } from '../src/database/state-database.ts'
import { FakeRedeployer, line } from './fake-redeployer.ts'
import { ADMIN_TOKEN, RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const OLD = 'server-0.1.0-aaa'
const NEW = 'server-0.2.0-bbb'

/** A server, and a redeployer beside it that does as it is told. */
async function world({ listens = true } = {}) {
  const redeployer = new FakeRedeployer(await temporaryFolder(onTestFinished))
  if (listens) await redeployer.listen(onTestFinished)
  const environment = {
    AJAR_DATA_DIR: await temporaryFolder(onTestFinished),
    AJAR_DEPLOY_DIR: redeployer.folder,
    AJAR_RELEASE_REMOTE_URL: '/srv/git/ajar.git',
  }
  const start = () => RunningServer.start(onTestFinished, environment)
  return { redeployer, start, server: await start(), dataDir: environment.AJAR_DATA_DIR }
}

const deploy = async (server: RunningServer, body: object = { ref: 'v2' }) => {
  const { status, body: job } = await server.call('POST', '/api/redeploy', body)
  expect({ status, job }).toMatchObject({ status: 202, job: { kind: 'redeploy', owner: expect.any(String) } })
  return job.id as string
}
const jobOf = async (server: RunningServer, id: string) => (await server.call('GET', `/api/jobs/${id}`)).body
const ended = (server: RunningServer, id: string) =>
  until(async () => {
    const job = await jobOf(server, id)
    return ['done', 'failed', 'cancelled'].includes(job.state) && job
  })
const linesOf = async (server: RunningServer, id: string): Promise<{ at: string; level: string; text: string }[]> =>
  (await server.call('GET', `/api/jobs/${id}/log`)).body.items
const textsOf = async (server: RunningServer, id: string) => (await linesOf(server, id)).map(({ text }) => text)
const healthOf = async (server: RunningServer) => {
  const { status, body } = await server.call('GET', '/api/health/ready')
  const found = body.checks.find(({ name }: { name: string }) => name === 'redeploy')
  return { status, ...found }
}

describe('a redeploy', () => {
  test('tells step by step what the redeployer does, and what it came to', async () => {
    const { redeployer, server } = await world()
    const id = await deploy(server)
    await until(() => redeployer.asked.length === 1)
    const by = 'AJAR_ADMIN_TOKEN of the settings'
    expect(redeployer.asked).toEqual([{ v: 1, job: id, ref: 'v2', release: null, force: false, by }])
    expect((await server.call('GET', '/api/releases')).body.redeploy).toBe(id)
    redeployer.say(id, line(1000, 'fetching'))
    redeployer.write(id, { step: 'install', progress: 0.25 })
    await until(async () => (await jobOf(server, id)).phase === 'install')
    expect(await jobOf(server, id)).toMatchObject({ state: 'running', progress: 0.25 })
    redeployer.say(id, line(2000, 'careful', 'warn') + line(2000, 'strange', 'level of a newer release'))
    const result = { release: NEW, from: OLD, commit: 'c0', version: '0.2.0', signer: 'ann', downMs: 900 }
    redeployer.write(id, { ...result, step: 'keep', progress: 1, state: 'kept', endedAt: 5 })
    expect(await ended(server, id)).toMatchObject({ state: 'done', result: { ...result, message: null }, error: null })
    const lines = await linesOf(server, id)
    expect(lines.slice(1, -1)).toEqual([
      { seq: 2, at: '1970-01-01T00:00:01.000Z', level: 'info', text: 'fetching' },
      { seq: 3, at: '1970-01-01T00:00:02.000Z', level: 'warn', text: 'careful' },
      { seq: 4, at: '1970-01-01T00:00:02.000Z', level: 'info', text: 'strange' },
    ])
    expect((await server.call('GET', '/api/releases')).body.redeploy).toBeNull()
    expect(await healthOf(server)).toMatchObject({ status: 200, level: 'ok' })
  })

  test('asked for twice at once begins once', async () => {
    const { redeployer, server } = await world()
    const answers = await Promise.all([1, 2, 3].map(() => server.call('POST', '/api/redeploy', { ref: 'v2' })))
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409])
    const refused = answers.filter(({ status }) => status === 409)
    expect(refused.map(({ body }) => body.error.code)).toEqual(['redeploy_running', 'redeploy_running'])
    const { id } = answers.find(({ status }) => status === 202)?.body ?? {}
    await until(() => redeployer.asked.length > 0)
    redeployer.write(id, { state: 'refused', code: 'not_signed', message: 'v2 is not signed', endedAt: 1 })
    expect((await ended(server, id)).error).toEqual({ code: 'not_signed', message: 'v2 is not signed' })
    expect(redeployer.asked).toHaveLength(1)
    expect(await deploy(server)).not.toBe(id)
  })

  test('cannot be cancelled, for it would go on all the same', async () => {
    const { redeployer, server } = await world()
    const id = await deploy(server)
    await until(() => redeployer.asked.length === 1)
    const { status, body } = await server.call('DELETE', `/api/jobs/${id}`)
    expect({ status, code: body.error?.code }).toEqual({ status: 409, code: 'not_cancellable' })
    redeployer.write(id, { state: 'kept', endedAt: 1 })
    expect((await ended(server, id)).state).toBe('done')
    expect((await server.call('DELETE', `/api/jobs/${id}`)).body.error.code).toBe('job_ended')
  })

  test('asks for the newest version without a body; older clients too, in their words', async () => {
    const { redeployer, server } = await world()
    const older = async (body?: string) => {
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
      const path = `${server.url}/debug/post/redeploy`
      return fetch(path, { method: 'POST', headers, ...(body === undefined ? {} : { body }) })
    }
    const finish = async (id: string) => {
      await until(() => redeployer.asked.at(-1)?.job === id)
      redeployer.write(id, { state: 'kept', endedAt: 1 })
      await ended(server, id)
    }
    const { body, status } = await server.call('POST', '/api/redeploy')
    expect(status).toBe(202)
    const refused = await older()
    expect([refused.status, await refused.text()]).toEqual([409, expect.stringContaining('one redeploy at a time')])
    await finish(body.id)
    for (const said of [undefined, '{}', '{"REF":null}', '"{\\"REF\\":\\"v7\\"}"', '{"REF":"v7","MORE":1}']) {
      const answer = await older(said)
      const job = JSON.parse(await answer.text())
      expect([answer.status, answer.headers.get('content-type'), job.kind]).toEqual([
        ...[202, 'application/json; charset=utf-8', 'redeploy'],
      ])
      await finish(job.id)
    }
    expect(redeployer.asked.map(({ ref }) => ref)).toEqual([null, null, null, null, 'v7', 'v7'])
    for (const [said, text] of [
      ['{"REF":', 'Error, not valid JSON'],
      ['{"REF":7}', 'Error, REF is no text'],
      ['{"REF":"--exec=x"}', '"--exec=x" is no name of a tag, a branch or a commit'],
    ]) {
      const answer = await older(said)
      expect([answer.status, await answer.text()]).toEqual([400, text])
    }
  })
})

describe('over restarts', () => {
  test('its job goes on, and no line is told twice', async () => {
    const { redeployer, server, start } = await world()
    const id = await deploy(server)
    await until(() => redeployer.asked.length === 1)
    redeployer.say(id, line(1000, 'one') + line(1000, 'two') + line(3000, 'three'))
    redeployer.write(id, { step: 'restart', progress: 0.7 })
    await until(async () => (await textsOf(server, id)).includes('three'))
    await server.app.close()
    redeployer.say(id, `${line(4000, 'four, while it was down')}{"at":5000,"lev`)
    const next = await start()
    await until(async () => (await textsOf(next, id)).includes('four, while it was down'))
    expect(await jobOf(next, id)).toMatchObject({ state: 'running', phase: 'restart' })
    redeployer.say(id, `el":"info","text":"five"}\ngarbage\n${line(6000, 'six')}`)
    redeployer.write(id, { state: 'kept', release: NEW, endedAt: 1 })
    expect((await ended(next, id)).state).toBe('done')
    expect((await textsOf(next, id)).filter((text) => /^(one|two|three|four.*|five|six|garbage)$/.test(text))).toEqual([
      ...['one', 'two', 'three', 'four, while it was down', 'five', 'six'],
    ])
    expect(redeployer.asked).toHaveLength(1)
  })

  test('kills of the server are not held against it, however many', async () => {
    const { redeployer, server, start, dataDir } = await world()
    const id = await deploy(server)
    await until(() => redeployer.asked.length === 1)
    await server.app.close()
    // As after a release that crashed again and again: no stop in order has put it back.
    const database = await openStateDatabase(dataDir)
    await database.write.updateTable('jobs').set({ state: 'running', starts: 9 }).where('id', '=', id).execute()
    await database.close()
    const run = { step: 'trial', state: 'went_back', code: 'crashed', message: 'it ended', release: NEW, from: OLD }
    redeployer.write(id, { ...run, endedAt: Date.now(), answersAgain: true })
    const next = await start()
    const error = { code: 'crashed', message: 'it ended' }
    expect(await ended(next, id)).toMatchObject({ state: 'failed', error })
    expect(await healthOf(next)).toMatchObject({ status: 200, level: 'warn', text: expect.stringContaining(NEW) })
  })

  test('it is asked for again where the server ended before it could ask', async () => {
    const { redeployer, server, start, dataDir } = await world({ listens: false })
    const id = await deploy(server)
    await server.app.close()
    const database = await openStateDatabase(dataDir)
    await database.write.updateTable('jobs').set({ state: 'running', starts: 1 }).where('id', '=', id).execute()
    await database.close()
    await redeployer.listen(onTestFinished)
    const next = await start()
    await until(() => redeployer.asked.length === 1)
    expect(redeployer.asked[0]).toMatchObject({ job: id, ref: 'v2' })
    redeployer.write(id, { state: 'kept', endedAt: 1 })
    expect((await ended(next, id)).state).toBe('done')
  })
})

describe('a redeployer that', () => {
  const failure = async (server: RunningServer) => (await ended(server, await deploy(server))).error

  test('is not there, or does not listen any more: the job says what to do', async () => {
    const { redeployer, server } = await world({ listens: false })
    const error = { code: 'no_redeployer', message: expect.stringMatching(/ENOENT.*ajar-redeploy\.socket.*npm start/) }
    expect(await failure(server)).toEqual(error)
    const socket = join(redeployer.folder, 'redeploy/socket')
    writeFileSync(socket, '') // as a socket whose process was killed
    expect(await failure(server)).toMatchObject({ message: expect.stringContaining('ECONNREFUSED') })
    rmSync(socket)
  })

  test.each([
    ['refuses', '{"refused":{"code":"busy","message":"somebody redeploys at a terminal"}}\n', 'busy', /at a terminal/],
    ['answers garbage', 'hello\n', 'redeployer_garbled', /"hello".*journalctl/],
    ['answers JSON of another shape', '{"accepted":"perhaps"}\n', 'redeployer_garbled', /journalctl/],
    ['says nothing', '', 'redeployer_garbled', /""/],
    ['talks without an end', 'x'.repeat(200_000), 'redeployer_garbled', /xxx/],
  ])('%s', async (_, said, code, text) => {
    const { redeployer, server } = await world()
    redeployer.answer = (_, socket) => void socket.end(said)
    expect(await failure(server)).toEqual({ code, message: expect.stringMatching(text) })
    expect((await server.call('GET', '/api/releases')).body.redeploy).toBeNull()
  })

  test('is killed while it answers has begun all the same where its run says so', async () => {
    const { redeployer, server } = await world()
    redeployer.answer = ({ job }, socket) => {
      redeployer.write(job, { step: 'fetch' })
      socket.destroy()
    }
    const id = await deploy(server)
    await until(async () => (await jobOf(server, id)).phase === 'fetch')
    redeployer.write(id, { state: 'kept', endedAt: 1 })
    expect((await ended(server, id)).state).toBe('done')
  })

  test('leaves a damaged run behind is followed when it is whole again', async () => {
    const { redeployer, server } = await world()
    const id = await deploy(server)
    await until(() => redeployer.asked.length === 1)
    const file = join(redeployer.folder, 'redeploy/runs', `${id}.json`)
    for (const [i, damaged] of ['', '{"state":"kept","en', '{"state":"kept","endedAt":1}'].entries()) {
      writeFileSync(file, damaged)
      // A line comes before the run at each look: the second one is told after a look at this run.
      for (const text of [`one ${i}`, `two ${i}`]) {
        redeployer.say(id, line(i, text))
        await until(async () => (await textsOf(server, id)).includes(text))
      }
      expect((await jobOf(server, id)).state).toBe('running')
    }
    redeployer.write(id, { state: 'refused', code: 'build_failed', message: 'tsc', endedAt: 1 })
    expect((await ended(server, id)).error.code).toBe('build_failed')
  })
})

test('a redeploy that was refused does not hide that the one before went back', async () => {
  const { redeployer, start, server } = await world()
  const back = { state: 'went_back', code: 'crashed', message: 'it ended', release: NEW, from: OLD, answersAgain: true }
  redeployer.write('back', { ...back, endedAt: Date.now() - 2000 })
  redeployer.write('refused', { state: 'refused', code: 'not_signed', endedAt: Date.now() - 1000 })
  await server.app.close()
  expect(await healthOf(await start())).toMatchObject({ level: 'warn', text: expect.stringContaining('went back') })
})

test('while a release is on trial nobody has the server restarted', async () => {
  const { redeployer, server } = await world()
  const pending = join(redeployer.folder, 'redeploy/pending.json')
  const restart = async () => (await server.call('POST', '/api/processes/server/restart')).body.error.code
  writeFileSync(pending, '{}')
  expect(await restart()).toBe('on_trial')
  rmSync(pending)
  expect(await restart()).toBe('not_supervised')
})

test('health says that neither release answers, for as long as something else is wrong too', async () => {
  const { redeployer, start, server } = await world()
  redeployer.write('at-a-terminal', {
    ...{ state: 'went_back', code: 'crashed', message: 'it ended', release: NEW, from: OLD },
    ...{ endedAt: Date.now(), answersAgain: false },
  })
  await server.app.close()
  const next = await start()
  expect(await healthOf(next)).toMatchObject({ status: 200, level: 'warn', text: expect.stringContaining('neither') })
})
