import { expect, test } from 'vitest'
import { AtMost } from '../src/http/at-most.ts'
import type { Log } from '../src/index.ts'
import { SparingLog } from '../src/logging/sparing-log.ts'

test('more calls than may run are refused, and one that is too slow keeps its place until it ends', async () => {
  const limit = new AtMost(2, 20)
  const { promise: slow, resolve: finish } = Promise.withResolvers<string>()
  const late = limit.run(() => slow)
  expect(await limit.run(async () => 'quick')).toBe('quick')
  await expect(late).rejects.toMatchObject({ status: 503, code: 'too_slow' })
  const second = limit.run(() => slow)
  await expect(limit.run(async () => 'third')).rejects.toMatchObject({ status: 503, code: 'busy' })
  finish('at last')
  expect(await second).toBe('at last')
  expect(await limit.run(async () => 'again')).toBe('again')
})

test('a warning that comes at any rate is logged now and then, with how many were not', () => {
  const logged: unknown[] = []
  const log = { warn: (details: object, text: string) => logged.push([details, text]) } as unknown as Log
  let now = 0
  const sparing = new SparingLog(log, () => now)
  for (let i = 0; i < 5; i++) sparing.warn('a', { i }, 'refused')
  sparing.warn('b', {}, 'something else')
  now = 10_000
  sparing.warn('a', { i: 5 }, 'refused')
  expect(logged).toEqual([
    [{ i: 0 }, 'refused'],
    [{}, 'something else'],
    [{ i: 5, andMoreBefore: 4 }, 'refused'],
  ])
})
