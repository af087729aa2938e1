import { execFileSync, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { ProcessStatus } from '../src/index.ts'
import { PidFile } from '../src/pid-file.ts'
import { FAULTY, faulty, folder, kennel, lives, until } from './kennel.ts'

test('one starts after another is ready, and they end the other way round', async () => {
  const { watchdog, status, machine } = kennel(folder(), { reportTo: 'server' })
  await watchdog.start([faulty('server', 'ready'), faulty('worker', 'ready', { startAfter: 'server' })])
  expect(status('worker')?.state).toBe('stopped')
  await until(() => status('worker')?.state === 'running')
  await watchdog.stop()
  // The first is told of the end of the second.
  expect(watchdog.status).toMatchObject([
    { name: 'server', state: 'stopped', pid: null, lastExit: { code: 0, why: 'asked' } },
    { name: 'worker', state: 'stopped', pid: null, lastExit: { code: 0, why: 'asked' } },
  ])
  const [server, worker] = watchdog.status.map(({ lastExit }) => lastExit?.atMs ?? 0)
  expect(worker).toBeLessThanOrEqual(server ?? 0)
  expect(machine.some((line) => 'heard' in line)).toBe(true)
})

test('what ignores SIGTERM is killed', async () => {
  const dataDir = folder()
  const { watchdog, status } = kennel(dataDir)
  await watchdog.start([faulty('server', 'ready deaf', { stopLimitMs: 300 })])
  await until(() => status('server')?.state === 'running')
  await watchdog.stop()
  expect(status('server')?.lastExit).toMatchObject({ signal: 'SIGKILL', why: 'asked' })
  for (const name of ['server', 'watchdog']) expect(existsSync(join(dataDir, 'run', `${name}.pid`))).toBe(false)
})

test('a restart by order comes at once, and is no fault; the one that is reported to may order it', async () => {
  const { watchdog, status, exits } = kennel(folder(), { reportTo: 'server' })
  await watchdog.start([faulty('server', 'ready'), faulty('other', 'ready')])
  const [server, other] = await until(() => {
    const found = [status('server'), status('other')]
    return found.every((one) => one?.state === 'running') && found.map((one) => one?.pid ?? 0)
  })
  process.kill(other ?? 0, 'SIGUSR2') // from `other`, which may not
  process.kill(server ?? 0, 'SIGUSR2')
  await until(() => status('other')?.state === 'running' && status('other')?.restarts === 1)
  expect(exits).toMatchObject([{ name: 'other', exit: { why: 'asked', code: 0 }, pause: { ms: 0 } }])
  expect(status('server')?.restarts).toBe(0)
})

test('the one that is reported to hears of the others: state, exits, and their last lines', async () => {
  const { watchdog, status, machine } = kennel(folder(), { reportTo: 'server' })
  await watchdog.start([faulty('server', 'ready'), faulty('other', 'throw')])
  await until(() => status('server')?.state === 'running')
  const heard = () =>
    machine.flatMap((line) => (line.heard as { processes: ProcessStatus[] } | undefined)?.processes ?? [])
  await until(() =>
    heard().some(
      ({ name, lastExit, log }) => name === 'other' && lastExit?.code === 1 && log.join().includes('nothing caught'),
    ),
  )
})

test('a stop during a restart, and a restart during a stop, ask the process once to end', async () => {
  const { watchdog, status, lines } = kennel(folder())
  await watchdog.start([faulty('server', 'ready slow')])
  await until(() => status('server')?.state === 'running')
  watchdog.restart('server')
  watchdog.restart('server')
  await until(() => lines.includes('asked to end'))
  const stopped = watchdog.stop()
  watchdog.restart('server')
  await stopped
  expect(lines.filter((line) => line === 'asked to end')).toHaveLength(1)
  expect(status('server')).toMatchObject({ state: 'stopped', restarts: 0, lastExit: { code: 0, why: 'asked' } })
})

test('it hears of each line once; one that was restarted hears of all that are kept', async () => {
  const { watchdog, status, machine } = kennel(folder(), { reportTo: 'server' })
  await watchdog.start([faulty('server', 'ready'), faulty('other', 'ready')])
  const starts = () =>
    machine
      .flatMap((line) => (line.heard as { processes: ProcessStatus[] } | undefined)?.processes ?? [])
      .flatMap(({ name, log }) => (name === 'other' ? log : []))
      .filter((line) => line === 'words: ready').length
  await until(() => starts() === 1)
  watchdog.restart('other')
  await until(() => starts() === 2)
  process.kill(status('server')?.pid ?? 0, 'SIGKILL')
  await until(() => starts() === 4)
  watchdog.restart('other')
  await until(() => starts() === 5)
})

/** Starts a watchdog in a process of its own. @returns its child's pid */
async function spawnWatchdog(dataDir: string, words: string) {
  const watchdog = fork(join(import.meta.dirname, 'watchdog-process.ts'), [dataDir, FAULTY, words])
  onTestFinished(() => void watchdog.kill('SIGKILL'))
  for (;;) {
    watchdog.send('status?')
    const [[server]] = (await once(watchdog, 'message')) as [ProcessStatus[]]
    if (server?.state === 'running' && server.pid !== null) return { watchdog, pid: server.pid }
  }
}

test('a killed watchdog takes its children along', async () => {
  const { watchdog, pid } = await spawnWatchdog(folder(), 'ready')
  watchdog.kill('SIGKILL')
  await until(() => !lives(pid))
})

test('a child that outlives it is ended by the next watchdog; a second one at the same time is refused', async () => {
  const dataDir = folder()
  const { watchdog, pid } = await spawnWatchdog(dataDir, 'ready deaf')
  onTestFinished(() => {
    if (lives(pid)) process.kill(pid, 'SIGKILL')
  })
  const next = kennel(dataDir)
  const entry = faulty('server', 'ready', { stopLimitMs: 300 })
  await expect(next.watchdog.start([entry])).rejects.toThrow(/another ajar \(process \d+\) uses the data folder/)
  await next.watchdog.stop()
  expect(existsSync(join(dataDir, 'run', 'watchdog.pid')), 'the file of the one that runs').toBe(true)
  watchdog.kill('SIGKILL')
  await once(watchdog, 'exit')
  expect(lives(pid)).toBe(true)
  const third = kennel(dataDir)
  await third.watchdog.start([entry])
  expect(third.lines).toContain(`an earlier server (process ${pid}) is still there and is ended first`)
  await until(() => !lives(pid)) // dead, and soon buried: it has no parent any more
  await until(() => third.status('server')?.state === 'running')
})

test('a stale PID file is replaced, and nobody is ended for it', async () => {
  const dataDir = folder()
  const first = kennel(dataDir)
  await first.watchdog.start([])
  await first.watchdog.stop()
  // Our own pid with another start: somebody who has got the pid of a process that is gone.
  writeFileSync(join(dataDir, 'run', 'server.pid'), `${process.pid}\n1\nanother-boot\n`)
  const { watchdog, status } = kennel(dataDir)
  await watchdog.start([faulty('server', 'ready')])
  await until(() => status('server')?.state === 'running')
})

test('a forged PID file ends nobody: it may name any process, be a link or a pipe', async () => {
  const dataDir = folder()
  mkdirSync(join(dataDir, 'run'))
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' })
  onTestFinished(() => void stranger.kill('SIGKILL'))
  for (const name of ['server', 'worker', 'other']) new PidFile(join(dataDir, `${name}.pid`)).write(stranger.pid ?? 0)
  renameSync(join(dataDir, 'server.pid'), join(dataDir, 'run', 'server.pid'))
  symlinkSync(join(dataDir, 'worker.pid'), join(dataDir, 'run', 'worker.pid'))
  execFileSync('mkfifo', [join(dataDir, 'run', 'other.pid')])
  new PidFile(join(dataDir, 'run', 'init.pid')).write(1)
  const { watchdog, status } = kennel(dataDir)
  const names = ['server', 'worker', 'other', 'init']
  await watchdog.start(names.map((name) => faulty(name, 'ready')))
  for (const name of names) await until(() => status(name)?.state === 'running')
  expect(lives(stranger.pid ?? 0)).toBe(true)
  expect(readFileSync(join(dataDir, 'worker.pid'), 'utf8'), 'what a link leads to').toMatch(`${stranger.pid}`)
})

test('a data folder that cannot be made is refused by its name', async () => {
  const { watchdog } = kennel('/proc/nope')
  await expect(watchdog.start([])).rejects.toThrow(
    /the data folder \/proc\/nope cannot be used \(.+\): set AJAR_DATA_DIR/,
  )
})
