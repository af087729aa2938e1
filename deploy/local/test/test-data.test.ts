import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { Api, startServer } from '../src/index.ts'

const ADMIN = 'the-admin-token-of-this-test'
const SCRIPT = fileURLToPath(new URL('../populate-test-data.ts', import.meta.url))

async function serve() {
  const dataDir = await mkdtemp(join(tmpdir(), 'ajar-test-data-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const environment = { AJAR_DATA_DIR: dataDir, AJAR_HTTP_PORT: '0', AJAR_MQTT_PORT: '0', AJAR_ADMIN_TOKEN: ADMIN }
  const server = await startServer({ environment })
  onTestFinished(() => server.process.stop())
  const port = new URL(server.http).port
  const run = (token = ADMIN) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const env = { ...process.env, AJAR_HTTP_PORT: port, AJAR_ADMIN_TOKEN: token }
      execFile(process.execPath, [SCRIPT], { env }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
      )
    })
  return { api: new Api(server, ADMIN), as: (token: string) => new Api(server, token), run }
}

interface Session {
  id: number
  user: string
  input_data: { basename: string }[]
  operations: { name: string; status: string; output: { output_files: { fits_url: string }[] } }[]
}

test('the laboratory is populated once, and the older client signs in to it', { timeout: 300_000 }, async () => {
  const { api, as, run } = await serve()
  const first = await run()
  expect(first.stderr).toBe('')
  expect(first.code).toBe(0)
  expect(first.stdout).toContain('made the user test_user with the password test_pass')
  expect(first.stdout).toContain('All operations are done')

  const { token } = await api.send<{ token: string }>('POST', '/portal/api-token-auth/', {
    username: 'test_user',
    password: 'test_pass',
  })
  for (const known of [token, '123456789abcdefg']) {
    const page = await as(known).get<{ count: number; results: Session[] }>('/api/datasessions/')
    expect(page.count).toBe(2)
    for (const { user, input_data, operations } of page.results) {
      expect(user).toBe('test_user')
      expect(input_data.length).toBeGreaterThanOrEqual(3)
      expect(operations).toHaveLength(2)
      for (const { status, output } of operations) {
        expect(status).toBe('COMPLETED')
        const answer = await fetch(output.output_files[0]?.fits_url ?? '')
        expect(answer.status).toBe(200)
        expect((await answer.text()).slice(0, 9)).toBe('SIMPLE  =')
      }
    }
  }

  const second = await run()
  expect(second).toEqual({
    code: 0,
    stdout: 'Nothing was changed: the test data is there already, and its operations are done\n',
    stderr: '',
  })

  // What somebody took away comes back, and nothing else.
  const [session] = (await as(token).get<{ results: Session[] }>('/api/datasessions/')).results
  await as(token).send('DELETE', `/api/datasessions/${session?.id}/`)
  const third = await run()
  expect(third.code).toBe(0)
  expect(third.stdout).not.toContain('made the user')
  expect((await as(token).get<{ count: number }>('/api/datasessions/')).count).toBe(2)
})

test('a server with users of its own is left alone, and so is one that knows no such token', async () => {
  const { api, run } = await serve()
  await api.send('POST', '/api/users', { name: 'ann', password: 'correct horse', role: 'viewer' })
  const refused = await run()
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(refused.stderr).toContain('ann is there')
  const { items } = await api.get<{ items: { name: string }[] }>('/api/users')
  expect(items.map(({ name }) => name)).toEqual(['ann'])
  const stranger = await run('no-such-token-anywhere')
  expect(stranger.code).toBe(1)
  expect(stranger.stderr).toContain('unknown, disabled or expired')
})
