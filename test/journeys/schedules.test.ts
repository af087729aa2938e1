import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { teachDoor } from './lesson.ts'
import { System, until } from './system.ts'

const CAMERA = 'pi/door'
const HOUR_MS = 3_600_000
const CLOCK = fileURLToPath(new URL('shifted-clock.ts', import.meta.url))

interface Job {
  id: string
  state: string
  schedule: string | null
  attempt: number
  result: { model: string | null } | null
}

test('killed in the middle of a job while a schedule is due, the job ends and the schedule fires once', {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-schedules-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'offset')
  await writeFile(file, '0')
  const system = await System.start({ TEST_CLOCK_FILE: file, NODE_OPTIONS: `--import=${CLOCK}` })
  onTestFinished(() => system.close())
  const jobs = async () => (await system.api.get<{ items: Job[] }>('/api/jobs?kind=training')).items
  await teachDoor(system, CAMERA)
  // Half an hour away from now, so that no time of it comes while the test runs but those that the clock jumps over.
  const minute = (new Date().getUTCMinutes() + 30) % 60
  const schedule = await system.api.send<{ id: string }>('POST', '/api/schedules', {
    ...{ kind: 'training', camera: CAMERA, cron: `${minute} * * * *`, timezone: 'Europe/Berlin' },
  })
  const fired = async () => (await jobs()).filter((job) => job.schedule === schedule.id)

  const cut = await system.api.send<Job>('POST', '/api/training', { camera: CAMERA })
  await until(async () => (await system.api.get<Job>(`/api/jobs/${cut.id}`)).state === 'running')
  await system.killServer()
  // It was due three times while nobody was there.
  await writeFile(file, String(3 * HOUR_MS))
  await system.startServer()
  const [asked] = await until(async () => {
    const found = await fired()
    return found.length > 0 && found
  })
  await system.killServer()
  await system.startServer()

  const ended = await until(async () => {
    const all = await jobs()
    return all.every(({ state }) => state === 'done') && all
  })
  expect(ended).toHaveLength(3)
  expect(ended.find(({ id }) => id === cut.id)?.attempt).toBeGreaterThan(1)
  expect(await fired()).toMatchObject([{ id: asked?.id }])
  const models = ended.map(({ result }) => result?.model)
  expect(models).toEqual([...new Set(models)])
  const shown = await system.api.get<{ lastJob: string; nextAt: string }>(`/api/schedules/${schedule.id}`)
  expect(shown.lastJob).toBe(asked?.id)
  expect(Date.parse(shown.nextAt)).toBeGreaterThan(Date.now() + 3 * HOUR_MS)
})
