import { effect } from '@preact/signals'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Health } from '../src/live/health.ts'
import { inOrder, withNews } from '../src/pages/processes/jobs.ts'
import { openAt, serve } from './browser.ts'

const check = (name: string, level: string, text = name) => ({ name, level, text })
const BAD = { status: 'error', checks: [check('influx', 'warn'), check('state', 'error'), check('clock', 'ok')] }
const WELL = { status: 'ok', checks: [check('clock', 'ok')] }

test('a server in trouble says so with a 503, and what it says is taken; it is asked again while one looks', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { document } = openAt('/')
  let said: [number, object] | null = [503, BAD]
  const calls = serve(() => said)
  const health = new Health()
  onTestFinished(() => health.stop())
  let told = 0
  effect(() => {
    health.errors.value
    told++
  })
  health.start()
  await vi.advanceTimersByTimeAsync(15_000)
  expect(calls).toEqual(['GET /api/health/ready'])
  expect(health.errors.value.map(({ name }) => name)).toEqual(['state'])
  expect(health.warnings.value.map(({ name }) => name)).toEqual(['influx'])
  expect(told).toBe(2)
  await vi.advanceTimersByTimeAsync(15_000)
  expect(told).toBe(2) // nothing is new
  // It is away, or something before it answers: what is known stays.
  for (const answer of [null, [503, { error: { code: 'busy', message: 'later' } }] as [number, object]]) {
    said = answer
    await vi.advanceTimersByTimeAsync(15_000)
    expect(health.errors.value.length).toBe(1)
  }
  Object.assign(document, { visibilityState: 'hidden' })
  said = [200, WELL]
  const before = calls.length
  await vi.advanceTimersByTimeAsync(60_000)
  expect(calls.length).toBe(before)
  Object.assign(document, { visibilityState: 'visible' })
  document.dispatchEvent(new Event('visibilitychange'))
  await vi.advanceTimersByTimeAsync(0)
  expect([health.errors.value, health.warnings.value, health.checks.value]).toEqual([[], [], WELL.checks])
})

test('jobs that are not over stand first, each once, and go on as the stream tells', () => {
  const job = (id: string, state: string) => ({ id, state, phase: null, progress: 0 }) as Parameters<typeof withNews>[0]
  const [running, done] = [job('b', 'running'), job('a', 'done')]
  expect(inOrder([running], [done, running])).toEqual([running, done])
  const heard = { ...running, phase: 'writing', progress: 0.5 }
  expect(withNews(running, heard)).toMatchObject({ phase: 'writing', progress: 0.5 })
  // Its result comes with the job only, and what is over stays so.
  expect(withNews(running, { ...heard, state: 'done' })).toBe(running)
  expect(withNews(done, { ...heard, id: 'a' })).toBe(done)
})
