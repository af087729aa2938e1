import { describe, expect, onTestFinished, test } from 'vitest'
import type { HealthCheck } from '../src/observe/health.ts'
import { Follower, type FollowerPorts } from '../src/releases/follower.ts'
import { homeAt } from '../src/releases/home.ts'
import { LastRun } from '../src/releases/last-run.ts'
import { FakeRedeployer, line } from './fake-redeployer.ts'
import { until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const JOB = 'job-1'
/** Milliseconds; a second stands for what takes minutes. */
const LIMITS = { poll: 20, answer: 1000, silent: 200, gone: 1500 }

async function follow(limits: FollowerPorts['limits'] = {}, told: Awaited<ReturnType<FollowerPorts['linesOf']>> = []) {
  const redeployer = await new FakeRedeployer(await temporaryFolder(onTestFinished)).listen(onTestFinished)
  const home = homeAt(redeployer.folder)
  const follower = new Follower({ home, linesOf: async () => told, limits: { ...LIMITS, ...limits } })
  const stop = new AbortController()
  const lines: string[] = []
  const reports: string[] = []
  const begin = (params: object = {}) =>
    follower.run({
      ...{ id: JOB, camera: null, params: { ref: 'v2', ...params }, owner: 'ann', signal: stop.signal },
      report: (phase, progress) => void reports.push(`${phase} ${progress}`),
      log: (_, text) => void lines.push(text),
    })
  return { redeployer, begin, stop, lines, reports }
}

const kept = { state: 'kept', endedAt: 1 }

describe('a redeployer that says nothing for long', () => {
  test('is asked again, which starts it where it was killed', async () => {
    const { redeployer, begin } = await follow()
    const run = begin()
    await until(() => redeployer.asked.length === 1)
    await redeployer.close() // killed: nobody says any more how far it is
    redeployer.answer = (_, socket) => {
      redeployer.write(JOB, { state: 'refused', code: 'interrupted', message: 'it was killed', endedAt: 1 })
      socket.end('{"accepted":true}\n')
    }
    await redeployer.listen(onTestFinished)
    await expect(run).rejects.toMatchObject({ code: 'interrupted', message: 'it was killed' })
    expect(redeployer.asked.map(({ job }) => job)).toEqual([JOB, JOB])
  })

  test('is waited for as long as it answers', async () => {
    const { redeployer, begin } = await follow()
    const run = begin()
    await until(() => redeployer.asked.length > 10) // asked every 200 ms: longer than somebody who is gone
    redeployer.write(JOB, kept)
    expect(await run).toMatchObject({ release: null })
  })

  test('and does not answer is given up: the job says what to do', async () => {
    const { redeployer, begin } = await follow()
    const run = begin()
    await until(() => redeployer.asked.length === 1)
    redeployer.write(JOB, { step: 'install', release: 'server-2' })
    await redeployer.close()
    await expect(run).rejects.toMatchObject({
      code: 'redeployer_gone',
      message: expect.stringMatching(/since it was at install of server-2.*systemctl start ajar-redeploy/),
    })
  })

  test('hangs while it is asked is given up', async () => {
    const { redeployer, begin } = await follow()
    redeployer.answer = () => {}
    await expect(begin()).rejects.toMatchObject({ code: 'redeployer_silent', message: expect.stringContaining('1 s') })
  })

  test('hangs while it is asked, and began all the same, is followed', async () => {
    const { redeployer, begin, reports } = await follow()
    redeployer.answer = ({ job }) => redeployer.write(job, { step: 'verify', progress: 0.1 })
    const run = begin()
    await until(() => reports.includes('verify 0.1'))
    redeployer.write(JOB, kept)
    await run
  })
})

test('the end of the server ends the following, wherever it is', async () => {
  const waiting = await follow()
  waiting.redeployer.answer = () => {}
  const asking = waiting.begin()
  await until(() => waiting.redeployer.asked.length === 1)
  waiting.stop.abort()
  await expect(asking).rejects.toThrow(/abort/i)

  const begun = await follow()
  const following = begun.begin()
  await until(() => begun.reports.length > 0)
  begun.stop.abort()
  await expect(following).rejects.toThrow(/abort/i)
})

test('what was asked for long ago is not begun any more, and followed where it was', async () => {
  const { redeployer, begin } = await follow()
  const askedAt = Date.now() - 2 * 3_600_000
  await expect(begin({ askedAt })).rejects.toMatchObject({ code: 'interrupted' })
  expect(redeployer.asked).toEqual([])
  redeployer.write(JOB, kept)
  await begin({ askedAt })
})

test('a redeployer that just ends is asked again', async () => {
  const { redeployer, begin } = await follow()
  const { answer } = redeployer
  redeployer.answer = (_, socket) => {
    redeployer.answer = answer
    socket.destroy()
  }
  const run = begin()
  await until(() => redeployer.asked.length === 2)
  redeployer.write(JOB, kept)
  await run
})

test('only news is reported', async () => {
  const { redeployer, begin, lines, reports } = await follow({ silent: 60_000, gone: 120_000 })
  const run = begin()
  await until(() => reports.length === 1)
  // A line is told at the look that finds it, and the same run is looked at each time.
  for (let look = 1; look <= 5; look++) {
    redeployer.say(JOB, line(look, `look ${look}`))
    await until(() => lines.length === look)
  }
  redeployer.write(JOB, { step: 'install', progress: 7 })
  await until(() => reports.length === 2)
  redeployer.write(JOB, { ...kept, step: 'keep', progress: 1 })
  await run
  expect(reports).toEqual(['fetch 0', 'install 1', 'keep 1'])
})

test('what was told before is known by its time, among the lines of others', async () => {
  const told = [
    { at: 5, level: 'info' as const },
    { at: 1, level: 'info' as const },
    { at: 1, level: 'warn' as const },
    { at: 9, level: 'info' as const },
  ]
  const { redeployer, begin, lines } = await follow({}, told)
  redeployer.write(JOB, kept)
  redeployer.say(JOB, line(1, 'a') + line(1, 'b', 'warn') + line(2, 'c') + line(9, 'd'))
  await begin()
  expect(lines).toEqual(['c', 'd'])
})

describe('health', () => {
  const check = (level: HealthCheck['level']): HealthCheck => ({ name: 'frames', level, text: '' })
  const now = 1_000_000_000

  async function lastRun(...runs: object[]) {
    const redeployer = new FakeRedeployer(await temporaryFolder(onTestFinished))
    for (const [i, run] of runs.entries()) redeployer.write(`job-${i}`, run)
    const last = new LastRun({ home: homeAt(redeployer.folder), now: () => now })
    await last.look()
    expect(last.wentBack).toBe(last.health([])[0]?.level !== 'ok')
    const levels = () => (['ok', 'warn', 'error'] as const).map((level) => last.health([check(level)])[0]?.level)
    return { redeployer, last, levels }
  }

  const back = { state: 'went_back', code: 'crashed', message: 'it ended', release: 'b', from: null }

  test('warns of a redeploy that went back, and says an error where neither release does well', async () => {
    expect((await lastRun()).levels()).toEqual(['ok', 'ok', 'ok'])
    const well = await lastRun({ ...back, endedAt: now, answersAgain: true })
    expect(well.levels()).toEqual(['warn', 'warn', 'warn'])
    expect(well.last.health([])[0]?.text).toMatch(/of b, went back to the checkout \(it ended\)/)
    expect((await lastRun({ ...back, endedAt: now })).levels()).toEqual(['warn', 'warn', 'warn'])
    expect((await lastRun({ ...back, endedAt: now, answersAgain: false })).levels()).toEqual(['warn', 'warn', 'error'])
  })

  test('is about the last one that ended, for a week', async () => {
    const older = await lastRun(
      { ...back, endedAt: now - 2 },
      { state: 'kept', endedAt: now - 1 },
      { state: 'running' },
    )
    expect(older.levels()).toEqual(['ok', 'ok', 'ok'])
    expect((await lastRun({ ...back, endedAt: now - 8 * 86_400_000 })).levels()).toEqual(['ok', 'ok', 'ok'])
    const refused = await lastRun(
      { ...back, endedAt: now - 2 },
      { state: 'refused', code: 'bad_ref', endedAt: now - 1 },
    )
    expect(refused.levels(), 'it has switched nothing').toEqual(['warn', 'warn', 'warn'])
    older.redeployer.write('job-2', { ...back, endedAt: now })
    await older.last.look()
    expect(older.levels()).toEqual(['warn', 'warn', 'warn'])
  })
})
