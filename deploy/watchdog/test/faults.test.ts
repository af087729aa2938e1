import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FAULTY, faulty, folder, kennel, lives, TestClock, until } from './kennel.ts'

const running = { state: 'running' }

describe('what ends or hangs is started again', () => {
  test('a kill', async () => {
    const { watchdog, status, exits } = kennel(folder())
    await watchdog.start([faulty('server', 'ready')])
    const before = await until(() => status('server')?.state === 'running' && status('server'))
    process.kill(before.pid ?? 0, 'SIGKILL')
    await until(() => status('server')?.restarts === 1 && status('server')?.state === 'running')
    expect(exits).toMatchObject([{ name: 'server', exit: { signal: 'SIGKILL', why: 'exit' }, pause: { ms: 0 } }])
    expect(status('server')).toMatchObject({ ...running, lastExit: { signal: 'SIGKILL' } })
    expect(status('server')?.pid).not.toBe(before.pid)
  })

  test('an exception, with its words among the last lines', async () => {
    const { watchdog, status, exits } = kennel(folder())
    await watchdog.start([faulty('server', 'throw')])
    await until(() => exits.length >= 2)
    expect(exits[0]).toMatchObject({ exit: { code: 1, why: 'exit' }, pause: { ms: 0 } })
    expect(exits[1]).toMatchObject({ pause: { ms: 250 } })
    await until(() => status('server')?.log.some((line) => line.includes('nothing caught')))
  })

  test.each(['spin', 'stop'])('a hang: %s', async (how) => {
    const { watchdog, status, exits } = kennel(folder())
    await watchdog.start([faulty('server', how === 'spin' ? 'spin' : 'ready')])
    const pid = await until(() => status('server')?.state === 'running' && status('server')?.pid)
    if (how === 'stop') process.kill(pid, 'SIGSTOP')
    await until(() => exits.length > 0)
    expect(exits[0]).toMatchObject({ exit: { why: 'hang', signal: 'SIGKILL' } })
  })

  test('a start that takes too long', async () => {
    const { watchdog, exits } = kennel(folder())
    await watchdog.start([faulty('server', 'never', { readyLimitMs: 300 })])
    await until(() => exits.length > 0)
    expect(exits[0]).toMatchObject({ exit: { why: 'start_timeout' } })
  })

  test('a start without a word, long before its limit', async () => {
    const clock = new TestClock()
    const { watchdog, exits, lines } = kennel(folder(), { clock })
    await watchdog.start([faulty('server', 'never spin', { readyLimitMs: 600_000 })])
    await until(() => lines.includes('words: never spin'))
    clock.move(60_000)
    await until(() => exits.length > 0)
    expect(exits[0]).toMatchObject({ exit: { why: 'hang' } })
  })

  test('a program that is not there', async () => {
    const { watchdog, exits, status } = kennel(folder())
    await watchdog.start([{ name: 'server', command: () => ({ program: '/no/such/program', args: [] }) }])
    await until(() => exits.length > 0)
    expect(exits[0]).toMatchObject({ exit: { code: null, signal: null } })
    expect(status('server')?.log[0]).toMatch(/cannot be started: .*ENOENT/)
  })

  test('a start that throws: the environment is too large, or cannot be made', async () => {
    const { watchdog, exits, status } = kennel(folder())
    const environment = () => {
      throw new Error('no environment')
    }
    await watchdog.start([
      faulty('large', 'ready', { environment: () => ({ LARGE: 'x'.repeat(8_000_000) }) }),
      faulty('server', 'ready', { environment }),
    ])
    await until(() => ['large', 'server'].every((name) => exits.some((exit) => exit.name === name)))
    expect(status('large')?.log[0]).toMatch(/cannot be started: .*E2BIG/)
    expect(status('server')?.log[0]).toBe('cannot be started: no environment')
  })

  test('what it had started ends with it', async () => {
    const { watchdog, status, machine } = kennel(folder())
    await watchdog.start([faulty('server', 'ready orphan')])
    const pid = await until(() => status('server')?.state === 'running' && status('server')?.pid)
    const orphan = await until(() => machine.find((line) => 'orphan' in line)?.orphan as number | undefined)
    process.kill(pid, 'SIGKILL')
    await until(() => !lives(orphan))
  })
})

test('a machine that sleeps is no silence: what was said meanwhile is read first', async () => {
  const clock = new TestClock()
  const { watchdog, status, exits } = kennel(folder(), { clock })
  await watchdog.start([faulty('server', 'ready')])
  await until(() => status('server')?.state === 'running')
  clock.leap(10_000)
  expect(exits).toEqual([])
  expect(status('server')).toMatchObject({ ...running, restarts: 0 })
})

describe('a crash loop', () => {
  test('is a failure, tried once a minute; a call starts it at once', async () => {
    const clock = new TestClock()
    const { watchdog, status, exits } = kennel(folder(), { clock })
    await watchdog.start([faulty('server', 'exit')])
    for (const [i, pause] of [0, 250, 500, 1000, 2000, 60_000].entries()) {
      await until(() => exits.length === i + 1)
      expect(exits[i]?.pause.ms).toBe(pause)
      expect(status('server')?.state).toBe(i === 0 ? 'starting' : i === 5 ? 'failed' : 'backoff')
      if (i < 5) clock.move(pause)
    }
    clock.move(60_000)
    await until(() => exits.length === 7)
    expect(status('server')?.state).toBe('failed')
    watchdog.restart('server')
    await until(() => exits.length === 8)
    expect(exits[7]?.pause).toEqual({ ms: 0, isFailed: false })
  })

  test('that ends is told of to the one who was down meanwhile', async () => {
    const clock = new TestClock()
    const { watchdog, status, exits } = kennel(folder(), { clock })
    let words = 'exit'
    const command = () => ({ program: process.execPath, args: [FAULTY] })
    await watchdog.start([{ name: 'server', command, environment: () => ({ WORDS: words }) }])
    for (let i = 1; i <= 6; i += 1) {
      await until(() => exits.length === i)
      if (i < 6) clock.move(exits.at(-1)?.pause.ms ?? 0)
    }
    expect(status('server')?.lastFailure).toEqual({ fromMs: expect.any(Number), toMs: null, restarts: 5 })
    words = 'ready'
    clock.move(60_000)
    await until(() => status('server')?.state === 'running')
    expect(status('server')?.lastFailure).toEqual({ fromMs: expect.any(Number), toMs: expect.any(Number), restarts: 6 })
  })

  test('is over once it has run for a minute', async () => {
    const clock = new TestClock()
    const { watchdog, status, exits } = kennel(folder(), { clock })
    await watchdog.start([faulty('server', 'ready')])
    const kill = async (count: number) => {
      const pid = await until(() => status('server')?.state === 'running' && status('server')?.pid)
      process.kill(pid, 'SIGKILL')
      await until(() => exits.length === count)
    }
    await kill(1)
    await kill(2)
    expect(exits[1]?.pause.ms).toBe(250)
    clock.move(250)
    await until(() => status('server')?.state === 'running')
    clock.leap(60_000)
    await kill(3)
    expect(exits[2]?.pause.ms).toBe(0)
  })

  test('at the first start is not tried again where it must succeed', async () => {
    const { watchdog, status, givenUp, exits } = kennel(folder())
    await watchdog.start([faulty('server', 'never exit', { firstStartMustSucceed: true })])
    await until(() => givenUp.length > 0)
    expect(status('server')).toMatchObject({ state: 'failed', lastExit: { code: 3 } })
    expect(exits).toEqual([])
  })
})

test('PID files name the processes while they run', async () => {
  const dataDir = folder()
  const { watchdog, status } = kennel(dataDir)
  await watchdog.start([faulty('server', 'ready')])
  await until(() => status('server')?.state === 'running')
  const pid = Number(readFileSync(join(dataDir, 'run', 'server.pid'), 'utf8').split('\n')[0])
  expect(pid).toBe(status('server')?.pid)
})
