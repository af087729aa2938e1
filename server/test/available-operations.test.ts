import { expect, test } from 'vitest'
import { Available, type External } from '../src/datasessions/available.ts'
import type { Operation } from '../src/datasessions/operation.ts'

/** Operations of ajar beside those that others bring: these may be slow, broken, or called as one of ajar's. */

function named(name: string, description = ''): Operation {
  return { name, description, category: 'task', inputs: {}, perform: async () => {} }
}

const MEDIAN = named('Median', 'of ajar')
const namesOf = async (available: Available) => (await available.list()).map(({ name }) => name)

/** Others that tell when a test has them tell. */
function others() {
  const waiting: (() => void)[] = []
  let told: Operation[] | Error = []
  const external: External = {
    list: async () => {
      await new Promise<void>((resolve) => waiting.push(resolve))
      if (told instanceof Error) throw told
      return told
    },
    find: () => new Promise(() => {}),
  }
  return {
    external,
    asked: () => waiting.length,
    /** Whoever waits is told that. */
    tell(operations: Operation[] | Error) {
      told = operations
      for (const resolve of waiting.splice(0)) resolve()
    },
  }
}

test('one that is called as one of ajar’s never stands in its place', async () => {
  const thief = named('Median', 'of somebody')
  const external: External = { list: async () => [thief, named('spots')], find: async () => thief }
  const available = new Available([MEDIAN], external)
  expect(await available.list()).toEqual(
    [MEDIAN, named('spots')].map((one) => expect.objectContaining({ name: one.name, description: one.description })),
  )
  expect(await available.find('Median')).toBe(MEDIAN)
})

test('a list does not wait for others that do not tell, and has those that were known last', async () => {
  const { external, tell, asked } = others()
  const available = new Available([MEDIAN], external, { listMs: 50 })
  expect(await namesOf(available)).toEqual(['Median'])
  // They have been waited for in vain: nobody does so again.
  expect(await namesOf(available)).toEqual(['Median'])
  tell([named('spots')])
  await expect.poll(() => namesOf(available)).toEqual(['Median', 'spots'])
  const again = namesOf(available)
  await expect.poll(asked).toBe(1)
  tell(new Error('the folder is away'))
  expect(await again).toEqual(['Median', 'spots'])
})

test('one of ajar’s is found while others say nothing; and who asks for another one is told to wait', async () => {
  const available = new Available([MEDIAN], others().external, { findMs: 20 })
  expect(await available.find('Median')).toBe(MEDIAN)
  await expect(available.find('spots')).rejects.toMatchObject({
    status: 503,
    message: expect.stringContaining('spots'),
  })
})

test('each list is as others are after it was asked for, and they are asked once for all who wait', async () => {
  const { external, tell, asked } = others()
  const available = new Available([], external, { listMs: 60_000 })
  const first = namesOf(available)
  const later = [namesOf(available), namesOf(available)]
  expect(asked()).toBe(1)
  tell([named('old')])
  expect(await first).toEqual(['old'])
  await expect.poll(asked).toBe(1)
  tell([named('new')])
  expect(await Promise.all(later)).toEqual([['new'], ['new']])
  expect(asked()).toBe(0)
})

test('one that is broken says why', async () => {
  const external: External = { list: async () => [], find: async () => ({ broken: 'SyntaxError: line 3' }) }
  await expect(new Available([], external).find('spots')).rejects.toMatchObject({
    fields: { name: ['The task spots cannot be used until it is mended: SyntaxError: line 3'] },
  })
})
