import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { ADMIN_TOKEN, RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const OPEN = { AJAR_LEGACY_OPEN: '1', AJAR_LOG_LEVEL: 'silent' }

const enable = async (server: RunningServer, ENABLED: string, token: string | null) => {
  const { status, body } = await server.call('POST', '/debug/post/enable_logging', { ENABLED }, token)
  return { status, body }
}
const ok = (enabled: string) => ({ status: 200, body: `Successfully set ENABLED to ${enabled}` })
const logCheck = async (server: RunningServer) =>
  (await server.call('GET', '/api/health/ready')).body.checks.find(({ name }: { name: string }) => name === 'log')
const linesOf = async (path: string) => {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
}

describe('the file that AJAR_LOG_FILE names', () => {
  let server: RunningServer
  let path: string
  beforeAll(async () => {
    path = join(await temporaryFolder(afterFile), 'ajar.log')
    server = await RunningServer.start(afterFile, { ...OPEN, AJAR_LOG_FILE: path })
  })

  test("is not switched off by a stranger, nor by a token that is no admin's", async () => {
    const { token } = (await server.call('POST', '/api/tokens', { name: 'phone', role: 'operator' })).body
    for (const shown of [null, 'no-such-token', token])
      expect(await enable(server, 'False', shown)).toEqual({
        status: 401,
        body: expect.stringMatching(/AJAR_LOG_FILE/),
      })
    expect(await enable(server, 'True', null)).toEqual(ok('True'))
    expect((await server.call('GET', '/api/logging')).body.file.enabled).toBe(true)
  })

  test('is switched off by an admin, whose name is its last line; health says that it is off', async () => {
    expect(await enable(server, 'False', ADMIN_TOKEN)).toEqual(ok('False'))
    const [line] = await until(async () => {
      const found = await linesOf(path)
      return found.length > 0 && found
    })
    expect(line).toMatchObject({
      msg: 'what is logged was changed',
      by: 'AJAR_ADMIN_TOKEN of the settings',
      file: { enabled: false },
    })
    expect(await logCheck(server)).toMatchObject({ level: 'warn', text: expect.stringContaining(path) })
    expect(await enable(server, 'True', null)).toEqual(ok('True'))
    expect((await logCheck(server))?.level).toBe('ok')
    await until(async () => (await linesOf(path)).length === 2)
  })
})

test('without AJAR_LOG_FILE anybody switches, and what is switched on is there at once', async () => {
  const server = await RunningServer.start(afterFile, OPEN)
  const path = join(server.dataDir, 'logs', 'ajar.log')
  expect(await enable(server, 'True', null)).toEqual(ok('True'))
  const said = (enabled: boolean) => ({ by: 'nobody, at 127.0.0.1', file: { enabled } })
  await until(async () => (await linesOf(path)).length === 1)
  expect(await enable(server, 'False', null)).toEqual(ok('False'))
  await until(async () => (await linesOf(path)).length === 2)
  expect(await linesOf(path)).toMatchObject([said(true), said(false)])
  expect(await logCheck(server)).toBeUndefined()
})
