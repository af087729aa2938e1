import { expect, test } from 'vitest'
import { Turnstile } from '../src/ingest/turnstile.ts'
import { until } from './running-server.ts'

test('what is inside leaves before the work, what comes during it waits, in order; other cameras go on', async () => {
  const turnstile = new Turnstile()
  const told: string[] = []
  const inside = Promise.withResolvers<void>()
  const working = Promise.withResolvers<void>()
  const pass = (camera: string, name: string, wait: Promise<void> = Promise.resolve()) =>
    turnstile.pass(
      () => camera,
      async () => {
        await wait
        told.push(name)
      },
    )
  const first = pass('pi/a', 'inside', inside.promise)
  const work = turnstile.whileShut(['pi/a', 'pi/b'], async () => {
    told.push('work begins')
    await working.promise
    told.push('work ends')
  })
  const waiting = [pass('pi/a', 'second'), pass('pi/b', 'third'), pass('pi/a', 'fourth')]
  await pass('pi/c', 'elsewhere')
  inside.resolve()
  await first
  await until(() => told.includes('work begins'))
  await pass('pi/c', 'elsewhere again')
  working.resolve()
  await Promise.all([work, ...waiting])
  expect(told).toEqual([
    'elsewhere',
    'inside',
    ...['work begins', 'elsewhere again', 'work ends'],
    ...['second', 'third', 'fourth'],
  ])
})

test('a frame that waited goes where its camera went meanwhile', async () => {
  const turnstile = new Turnstile()
  let name = 'pi/old'
  const done = Promise.withResolvers<void>()
  const work = turnstile.whileShut(['pi/old', 'pi/new'], async () => {
    await done.promise
    name = 'pi/new'
  })
  const frame = turnstile.pass(
    () => name,
    async () => name,
  )
  done.resolve()
  expect(await frame).toBe('pi/new')
  await work
})

test('who shuts the same camera takes turns, and work that fails opens again', async () => {
  const turnstile = new Turnstile()
  const told: string[] = []
  const failing = turnstile.whileShut(['pi/a', 'pi/b'], async () => {
    await Promise.resolve()
    told.push('one')
    throw new Error('no')
  })
  const other = turnstile.whileShut(['pi/b', 'pi/a'], async () => void told.push('two'))
  await expect(failing).rejects.toThrow('no')
  await other
  expect(
    await turnstile.pass(
      () => 'pi/a',
      async () => 'open',
    ),
  ).toBe('open')
  expect(told).toEqual(['one', 'two'])
})

test('who waits outside gives up in time, and the work behind the door goes on', async () => {
  const turnstile = new Turnstile(10)
  const done = Promise.withResolvers<string>()
  const work = turnstile.whileShut(['pi/a', 'pi/b'], () => done.promise)
  let entered = false
  const enter = async () => {
    entered = true
    return {}
  }
  expect(await turnstile.pass(() => 'pi/a', enter, Date.now() + 10)).toBeNull()
  await expect(turnstile.whileShut(['pi/c', 'pi/b'], enter)).rejects.toMatchObject({ status: 503, code: 'busy' })
  expect(entered).toBe(false)
  expect(
    await turnstile.pass(
      () => 'pi/c',
      async () => ({ open: true }),
      Date.now() + 10,
    ),
  ).toEqual({ open: true })
  done.resolve('ended')
  expect(await work).toBe('ended')
  expect(await turnstile.pass(() => 'pi/a', enter, Date.now() + 60_000)).toEqual({})
})
