import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { teachDoor } from './lesson.ts'
import { System, until } from './system.ts'

const WORKER = fileURLToPath(new URL('../../server/src/worker.ts', import.meta.url))
const CAMERA = 'pi/door'

interface Job {
  id: string
  state: string
  phase: string | null
  result: { model: string } | null
}

async function start(environment: Record<string, string>): Promise<System> {
  const system = await System.start(environment)
  onTestFinished(() => system.close())
  return system
}

/** The job worker as a watchdog starts it, with the server's environment. */
function startWorker({ environment }: System) {
  const child = spawn(process.execPath, [WORKER], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const ended = once(child, 'exit').then(([code, signal]) => signal ?? code)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, ended }
}

/** Begins a training of the camera that was taught already, and waits until a worker is at it. */
async function beginTraining({ api }: System): Promise<Job> {
  const { id } = await api.send<Job>('POST', '/api/training', { camera: CAMERA })
  return until(async () => {
    const job = await api.get<Job>(`/api/jobs/${id}`)
    return job.phase !== null && job
  })
}

const ended = ({ api }: System, id: string) =>
  until(async () => {
    const job = await api.get<Job>(`/api/jobs/${id}`)
    return ['done', 'failed', 'cancelled'].includes(job.state) && job
  })

const models = async ({ api }: System) =>
  (await api.get<{ items: { id: string }[] }>(`/api/models?camera=${CAMERA}`)).items.map(({ id }) => id)

test("a worker of one's own: killed, stopped or with its server gone, each training leaves exactly one model", {
  timeout: 120_000,
}, async () => {
  const system = await start({ AJAR_WORKER: 'external' })
  const first = startWorker(system)
  expect(await teachDoor(system, CAMERA)).toBe(`${CAMERA}@1`)

  const cut = await beginTraining(system)
  first.child.kill('SIGKILL')
  await first.ended
  const second = startWorker(system)
  expect(await ended(system, cut.id)).toMatchObject({ state: 'done', result: { model: `${CAMERA}@2` } })

  const orphaned = await beginTraining(system)
  await system.killServer()
  await system.startServer()
  expect(await ended(system, orphaned.id)).toMatchObject({ state: 'done', result: { model: `${CAMERA}@3` } })
  expect(second.child.exitCode).toBeNull()

  const stopped = await beginTraining(system)
  second.child.kill('SIGTERM')
  expect(await second.ended).toBe(0)
  const waiting = await until(async () => {
    const job = await system.api.get<Job>(`/api/jobs/${stopped.id}`)
    return job.state === 'queued' && job
  })
  startWorker(system)
  expect(await ended(system, waiting.id)).toMatchObject({ state: 'done', result: { model: `${CAMERA}@4` } })
  expect(await models(system)).toEqual([4, 3, 2, 1].map((version) => `${CAMERA}@${version}`))
})

test('a worker that the server starts itself: killed in the middle, the training leaves exactly one model', {
  timeout: 120_000,
}, async () => {
  const system = await start({})
  await teachDoor(system, CAMERA)
  const { id } = await beginTraining(system)
  const { items } = await system.api.get<{ items: { name: string; pid: number }[] }>('/api/processes')
  const worker = items.find(({ name }) => name === 'worker')
  process.kill(worker?.pid ?? 0, 'SIGKILL')
  expect(await ended(system, id)).toMatchObject({ state: 'done', result: { model: `${CAMERA}@2` } })
  expect(await models(system)).toEqual([`${CAMERA}@2`, `${CAMERA}@1`])
})
