import { beforeAll, describe, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import type { Log } from '../src/logging/levels.ts'
import { LoopLag } from '../src/processes/loop-lag.ts'
import { alarmsOf, processHealth } from '../src/processes/process-alarms.ts'
import { type ProcessStatus, reported } from '../src/processes/process-status.ts'
import { Progress } from '../src/processes/progress.ts'
import { RunningServer } from './running-server.ts'

const killed = { code: null, signal: 'SIGKILL', why: 'exit', atMs: 1 } as const
const status = (more: Partial<ProcessStatus> = {}): ProcessStatus => ({
  ...{ name: 'worker', pid: 1, startedAtMs: 1, restarts: 0, lastExit: null, state: 'running', log: [] },
  ...more,
})

describe('frames that stand still', () => {
  test('are no life after half a minute, unless nothing could go on', () => {
    let now = 0
    let steps = 0
    let isDue = true
    const progress = new Progress({ now: () => now, steps: () => steps, isDue: () => isDue })
    const after = (ms: number) => {
      now += ms
      return progress.isAlive()
    }
    expect(after(0)).toBe(true)
    expect(after(29_999)).toBe(true)
    steps += 1
    expect(after(1)).toBe(true)
    expect(after(30_000)).toBe(false)
    isDue = false
    expect(after(1)).toBe(true)
    expect(after(100_000)).toBe(true)
    isDue = true
    expect(after(29_999)).toBe(true)
    expect(after(1)).toBe(false)
  })
})

test('a server that was held up says so in the log, now and then, and in health for a while', () => {
  let now = 0
  const lines: object[] = []
  const lag = new LoopLag({ warn: (line: object) => void lines.push(line) } as Pick<Log, 'warn'>, () => now)
  const lookAfter = (ms: number) => {
    now += ms
    lag.look()
    return lag.health.level
  }
  expect(lookAfter(700)).toBe('ok')
  expect(lookAfter(1250)).toBe('warn')
  expect(lookAfter(1250)).toBe('warn')
  expect(lines).toEqual([{ lagMs: 1000 }])
  now += 300_001
  expect(lag.health.level).toBe('ok')
})

describe('alarms', () => {
  test('a restart that nobody asked for is a warning, once', () => {
    const after = status({ restarts: 1, lastExit: killed })
    expect(alarmsOf([status()], [after])).toMatchObject([
      { process: 'worker', level: 'warn', text: 'the worker ended (SIGKILL) and was started again' },
    ])
    expect(alarmsOf([after], [after])).toEqual([])
    expect(alarmsOf([status()], [status({ restarts: 1, lastExit: { ...killed, why: 'asked' } })])).toEqual([])
  })

  test('a new start is told once it begins, and once it has come about', () => {
    const begins = status({ state: 'starting', restarts: 1, lastExit: killed })
    expect(alarmsOf([status()], [begins])).toMatchObject([
      { level: 'warn', text: 'the worker ended (SIGKILL) and is being started again' },
    ])
    expect(alarmsOf([begins], [begins])).toEqual([])
    const runs = { ...begins, state: 'running' }
    expect(alarmsOf([begins], [runs])).toMatchObject([{ level: 'ok', text: 'the worker runs again' }])
    expect(alarmsOf([runs], [runs])).toEqual([])
    expect(alarmsOf([status({ state: 'starting' })], [status()])).toEqual([])
    expect(processHealth([begins])).toMatchObject({ level: 'warn', text: expect.stringContaining('is being started') })
    expect(processHealth([runs])).toMatchObject({ level: 'ok' })
  })

  test('a server that had failed says so when it is back, and for an hour', () => {
    const lastFailure = { fromMs: 1000, toMs: 9000, restarts: 6 }
    const back = status({ name: 'server', startedAtMs: 8000, restarts: 6, lastExit: killed, lastFailure })
    const told = alarmsOf(null, [back])
    expect(told).toMatchObject([
      { level: 'error', state: 'failed', text: expect.stringContaining('again and again at 1970-01-01T00:00:01') },
      { level: 'ok', state: 'running' },
    ])
    expect(alarmsOf([back], [back])).toEqual([])
    expect(processHealth([back], [], 10_000)).toMatchObject({ level: 'warn' })
    expect(processHealth([back], [], 9000 + 3_600_000)).toMatchObject({ level: 'ok' })
    // One that was restarted since has told it before.
    expect(alarmsOf(null, [{ ...back, startedAtMs: 9001, lastExit: { ...killed, why: 'asked' } }])).toEqual([])
  })

  test('a failure is an error, and its end is told', () => {
    const failed = status({ state: 'failed', restarts: 6, lastExit: { ...killed, why: 'hang' } })
    expect(alarmsOf([status({ restarts: 6 })], [failed])).toMatchObject([{ level: 'error' }])
    expect(alarmsOf([failed], [failed])).toEqual([])
    expect(alarmsOf([failed], [{ ...failed, state: 'running', restarts: 7 }])).toMatchObject([{ level: 'ok' }])
    expect(processHealth([status(), failed])).toMatchObject({
      level: 'error',
      text: expect.stringMatching(/worker gave no sign of life again and again/),
    })
  })

  test('a server that was restarted tells of its own end, not again of those before', () => {
    const ended = { restarts: 2, lastExit: killed }
    const told = alarmsOf(null, [status({ name: 'server', ...ended }), status(ended)])
    expect(told.map(({ process }) => process)).toEqual(['server'])
  })
})

test('a report with words that we do not know yet is one', () => {
  const newer = { ...status(), state: 'stuck', lastExit: { ...killed, why: 'moved' } }
  expect(reported({ processes: [newer] }, null)).toEqual([newer])
})

test('a report brings new lines; the last hundred are kept', () => {
  const before = [status({ log: ['a', 'b'] })]
  expect(reported({ processes: [status({ log: ['c'] })] }, before)).toMatchObject([{ log: ['a', 'b', 'c'] }])
  const many = Array.from({ length: 99 }, (_, i) => `${i}`)
  expect(reported({ processes: [status({ log: many })] }, before)?.[0]?.log).toEqual(['b', ...many])
})

test('a message that is no report is none', () => {
  expect(reported({ processes: [status()] }, null)).toEqual([status()])
  for (const message of [null, 'processes', {}, { processes: [{ name: 'worker' }] }, { heartbeat: true }])
    expect(reported(message, null)).toBeNull()
})

describe('without a watchdog', () => {
  let server: RunningServer
  beforeAll(async () => {
    server = await RunningServer.start(afterFile)
  })

  test('the server tells of itself', async () => {
    const { body } = await server.call('GET', '/api/processes')
    expect(body.items).toMatchObject([
      { name: 'server', pid: process.pid, state: 'running', restarts: null, lastExit: null },
    ])
    expect(body.items[0].log.join('\n')).toContain('HTTP is served at')
  })

  test('it does not end where nobody would start it again', async () => {
    const { status, body } = await server.call('POST', '/api/processes/server/restart')
    expect([status, body.error.code]).toEqual([409, 'not_supervised'])
    expect((await server.call('POST', '/api/processes/worker/restart')).status).toBe(404)
  })
})
