import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { teachDoor } from './lesson.ts'
import { door } from './pictures.ts'
import { System, until } from './system.ts'

const CAMERA = 'pi/door'
/** Between a frame's acknowledgement and the kill: before it is classified, about then, and while the task runs. */
const KILLED_AFTER_MS = [0, 60, 600]

interface Run {
  state: string
  owner: string
  params: { _imageURL: { basename: string } }
}

test('killed at any moment around a transition, the server has its task run once, and reads once what it says', {
  timeout: 180_000,
}, async () => {
  const system = await System.start()
  onTestFinished(() => system.close())
  await teachDoor(system, CAMERA)
  await system.api.send('PATCH', `/api/cameras/${CAMERA}`, { debounce: 1 })
  const send = async (state: 'closed' | 'open', minute: number) => {
    const jpeg = await door(state, minute)
    return (await system.api.sendJpeg<{ frame: string }>(`/api/cameras/${CAMERA}/frames`, jpeg)).frame
  }
  await system.ended(await send('closed', 0))
  const before = (await transitions(system)).length
  const { id } = await system.api.send<{ id: string }>('POST', '/api/task-triggers', {
    ...{ camera: CAMERA, states: ['open', 'closed'], task: 'camera_health' },
  })
  const frames: string[] = []
  for (const [i, afterMs] of KILLED_AFTER_MS.entries()) {
    const frame = await send(i % 2 === 0 ? 'open' : 'closed', i + 1)
    await sleep(afterMs)
    await system.killServer()
    await system.startServer()
    await system.ended(frame)
    frames.push(frame)
    // A job that had the server end three times while it ran would not be done again.
    await until(async () => {
      const runs = await runsOf(system)
      return runs.length === frames.length && runs.every(({ state }) => state === 'done')
    })
  }
  const told = (await transitions(system)).length
  expect(told - before).toBe(frames.length)
  const runs = await runsOf(system)
  expect(runs.map(({ params }) => params._imageURL.basename).sort()).toEqual([...frames].sort())
  expect(new Set(runs.map(({ owner }) => owner))).toEqual(new Set([`trigger:${id}`]))
  const { items: jobs } = await system.api.get<{ items: unknown[] }>('/api/jobs?kind=task')
  expect(jobs).toHaveLength(frames.length)
  const { items } = await system.api.get<{ items: { at: string }[] }>('/api/readings?device=pi&sensor=door-noise')
  expect(items.map(({ at }) => `${CAMERA}/${Date.parse(at)}`).sort()).toEqual([...frames].sort())
})

async function runsOf({ api }: System): Promise<Run[]> {
  return (await api.get<{ items: Run[] }>('/api/task-runs')).items
}

async function transitions({ api }: System): Promise<unknown[]> {
  return (await api.get<{ items: unknown[] }>(`/api/cameras/${CAMERA}/transitions`)).items
}
