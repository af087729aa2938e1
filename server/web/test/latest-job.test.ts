import { expect, onTestFinished, test, vi } from 'vitest'
import type { JobBody } from '../src/api/bodies.ts'
import { LatestJob } from '../src/jobs/latest-job.ts'
import { serve } from './browser.ts'

/** The latest job of a kind: found after a reload, followed whoever began it, to its end. */

const CAMERA = 'pi/door'

const job = (id: string, state: JobBody['state'], more: Partial<JobBody<string>> = {}): JobBody<string> => ({
  id,
  kind: 'import',
  camera: CAMERA,
  state,
  phase: null,
  progress: 0,
  result: null,
  error: null,
  owner: null,
  attempt: 1,
  runAt: null,
  schedule: null,
  createdAt: '2026-11-30T00:00:00.000Z',
  startedAt: null,
  finishedAt: null,
  ...more,
})

function followed() {
  const ended: string[] = []
  const one = new LatestJob<string>({ camera: CAMERA, kind: 'import', onEnded: ({ id }) => ended.push(id) })
  onTestFinished(() => one.close())
  return { one, ended }
}

test('one that runs is found by a page that is opened then, and followed to its end', async () => {
  const stored = [job('2', 'running', { progress: 0.4 }), job('1', 'done')]
  const calls = serve((call) => {
    if (call.startsWith('GET /api/jobs?')) return [200, { items: stored, next: null }]
    return call === 'GET /api/jobs/2' ? [200, job('2', 'done', { result: 'all of it' })] : null
  })
  const { one, ended } = followed()
  await one.find()
  expect(calls[0]).toContain('camera=pi%2Fdoor&kind=import')
  expect(one.job.value).toMatchObject({ id: '2', progress: 0.4 })
  one.hear({ id: '2', kind: 'import', camera: CAMERA, state: 'running', phase: 'read', progress: 0.8 })
  expect(one.job.value).toMatchObject({ phase: 'read', progress: 0.8 })
  one.hear({ id: '2', kind: 'import', camera: CAMERA, state: 'done', phase: null, progress: 1 })
  await vi.waitFor(() => expect(ended).toEqual(['2']))
  expect(one.job.value?.result).toBe('all of it')
})

test('one that was cancelled changed nothing: what came of the one before is told', async () => {
  serve(() => [200, { items: [job('3', 'cancelled'), job('2', 'done', { result: 'kept' })], next: null }])
  const { one, ended } = followed()
  await one.find()
  expect(one.job.value).toMatchObject({ id: '2', result: 'kept' })
  expect(ended).toEqual([]) // it had ended before anybody looked
})

test('of jobs of other kinds and cameras it takes no notice; one that somebody else began is found', async () => {
  let stored: JobBody<string>[] = []
  const calls = serve(() => [200, { items: stored, next: null }])
  const { one } = followed()
  one.hear({ id: '4', kind: 'training', camera: CAMERA, state: 'running', phase: null, progress: 0 })
  one.hear({ id: '5', kind: 'import', camera: 'pi/gate', state: 'running', phase: null, progress: 0 })
  expect(calls).toEqual([])
  stored = [job('6', 'running')]
  one.hear({ id: '6', kind: 'import', camera: CAMERA, state: 'running', phase: null, progress: 0 })
  await vi.waitFor(() => expect(one.job.value?.id).toBe('6'))
})

test('one of the server has no camera, and goes on being followed while the server is away', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  let isThere = true
  let stored = job('7', 'running', { kind: 'redeploy', camera: null, phase: 'switch' })
  const calls = serve((call) => {
    if (!isThere) return null
    return call.startsWith('GET /api/jobs?') ? [200, { items: [stored], next: null }] : [200, stored]
  })
  const ended: string[] = []
  const one = new LatestJob({ camera: null, kind: 'redeploy', onEnded: ({ id }) => ended.push(id) })
  onTestFinished(() => one.close())
  await one.find()
  expect(calls).toEqual(['GET /api/jobs?kind=redeploy&limit=20'])
  isThere = false
  await vi.advanceTimersToNextTimerAsync()
  expect([one.isAway.value, one.job.value?.phase]).toEqual([true, 'switch'])
  isThere = true
  stored = { ...stored, phase: 'trial' }
  await vi.advanceTimersToNextTimerAsync()
  expect([one.isAway.value, one.job.value?.phase]).toEqual([false, 'trial'])
  stored = job('7', 'done', { kind: 'redeploy', camera: null })
  await vi.advanceTimersToNextTimerAsync()
  expect(ended).toEqual(['7'])
})
