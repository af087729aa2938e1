import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type ProcessBody, Started } from './started.ts'
import { until } from './system.ts'

/** What `npm start` runs comes back when it ends or hangs, where it was. */

const SLOW = { timeout: 120_000 }

async function started(environment: Record<string, string> = {}): Promise<Started> {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-watchdog-'))
  const system = new Started(join(folder, 'data'), environment)
  onTestFinished(async () => {
    await system.process.stop()
    await rm(folder, { recursive: true, force: true })
  })
  return system
}

test('server and worker are killed and hang, and come back; calls restart them', SLOW, async () => {
  const system = await started()
  const first = await system.running('server')
  const worker = await system.running('worker')
  expect(first).toMatchObject({ lastExit: null, log: expect.any(Array) })
  const metrics = () => system.api.get<string>('/metrics')

  process.kill(first.pid, 'SIGKILL')
  const second = await system.running('server', 1)
  expect(second).toMatchObject({ lastExit: { why: 'exit', signal: 'SIGKILL', code: null } })
  expect(second.pid).not.toBe(first.pid)
  expect(system.listening).toHaveLength(2)
  expect(system.listening[1]).toEqual(system.listening[0])
  // The worker was not touched.
  expect((await system.running('worker')).pid).toBe(worker.pid)

  process.kill(second.pid, 'SIGSTOP')
  await system.when('server', ({ restarts, state, lastExit }) => {
    return restarts === 2 && state === 'running' && lastExit?.why === 'hang'
  })
  expect(system.listening[2]).toEqual(system.listening[0])

  process.kill(worker.pid, 'SIGKILL')
  const again = await system.running('worker', 1)
  expect(again).toMatchObject({ lastExit: { why: 'exit', signal: 'SIGKILL' } })
  expect(await metrics()).toMatch(/^ajar_process_restarts_total\{process="worker"\} 1$/m)
  expect(await metrics()).toMatch(/^ajar_process_restarts_total\{process="server"\} 2$/m)

  await system.api.send('POST', '/api/processes/worker/restart')
  await system.when('worker', ({ restarts, lastExit }) => restarts === 2 && lastExit?.why === 'asked')
  await system.api.send('POST', '/api/processes/server/restart')
  await system.when('server', ({ restarts, lastExit }) => restarts === 3 && lastExit?.why === 'asked')
  await expect(system.api.send('POST', '/api/processes/nobody/restart')).rejects.toMatchObject({ status: 404 })

  const { checks } = await system.api.get<{ checks: { name: string; level: string }[] }>('/api/health/ready')
  expect(checks).toContainEqual({ name: 'processes', level: 'ok', text: 'run' })
  const text = system.lines.join('\n')
  expect(text).toContain('The server ended (SIGKILL); it is started again.')
  expect(text).toContain('The server gave no sign of life and was ended; it is started again')
  system.process.kill('SIGINT')
  expect(await system.process.ended).toBe(0)
})

test('who watches hears that a process ended; viewers read no lines', SLOW, async () => {
  const system = await started()
  const worker = await system.running('worker')
  const { token } = await system.api.send<{ token: string }>('POST', '/api/tokens', { name: 'eve', role: 'viewer' })
  const { http } = system.listening[0] ?? { http: 0 }
  const headers = { authorization: `Bearer ${token}` }
  const answer = await fetch(`http://127.0.0.1:${http}/api/processes`, { headers })
  const { items } = (await answer.json()) as { items: ProcessBody[] }
  expect(items.map(({ name, log }) => [name, log])).toEqual([
    ['server', null],
    ['worker', null],
  ])
  const leaving = new AbortController()
  onTestFinished(() => leaving.abort())
  const stream = await fetch(`http://127.0.0.1:${http}/api/events?kinds=process`, { headers, signal: leaving.signal })
  process.kill(worker.pid, 'SIGKILL')
  let text = ''
  for await (const chunk of stream.body ?? []) {
    text += Buffer.from(chunk).toString()
    if (text.includes('\n\n') && text.includes('event: process')) break
  }
  expect(JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? '{}')).toMatchObject({
    process: 'worker',
    level: 'warn',
    restarts: 1,
    lastExit: { signal: 'SIGKILL', why: 'exit' },
  })
})

test('what a second start would not mend ends the first one: bad settings, a port in use', SLOW, async () => {
  const bad = await started({ AJAR_HTTP_PORT: 'nonsense' })
  expect(await bad.process.ended).toBe(1)
  expect(bad.lines.filter((line) => line.includes('AJAR_HTTP_PORT'))).toHaveLength(1)
  expect(bad.lines.at(-1), 'the reason comes last').toBe('The server ended (2) before it was ready.')

  const taken = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void taken.close())
  const port = await until(() => (taken.address() as { port: number } | null)?.port)
  const second = await started({ AJAR_HTTP_PORT: String(port) })
  expect(await second.process.ended).toBe(1)
  expect(second.lines.filter((line) => line.includes('is in use by another program'))).toHaveLength(1)
})

test('a server that ends while the demo is taught ends nothing else: it is taught when it is back', SLOW, async () => {
  const system = await started({ AJAR_DEMO: '1' })
  await until(() => system.lines.some((line) => line.startsWith('Teaching ')))
  process.kill((await system.running('server')).pid, 'SIGKILL')
  await system.running('agent')
  expect(system.lines.join('\n')).toMatch(/The server ended \(SIGKILL\).*Teaching .*trained demo-pi/s)
})

test('where nobody reads what is printed, lines are lost and nothing else', SLOW, async () => {
  const system = await started()
  const { pid } = await system.running('server')
  system.process.closeOutput()
  process.kill(pid, 'SIGKILL') // which is told
  await system.running('server', 1)
  system.process.kill('SIGTERM')
  expect(await system.process.ended).toBe(0)
  expect(await readdir(join(system.dataDir, 'run'))).not.toContainEqual(expect.stringMatching(/\.pid$/))
})
