import { expect, test } from 'vitest'
import { InTurn } from '../src/in-turn.ts'

test('a few run at once, the others in the order in which they came, and one too many is told so', async () => {
  const turns = new InTurn(2, 2, () => new Error('full'))
  const began: number[] = []
  const works = Array.from({ length: 5 }, () => Promise.withResolvers<void>())
  const run = (i: number) =>
    turns.run(async () => {
      began.push(i)
      await works[i]?.promise
      return i
    })
  const done = [0, 1, 2, 3].map(run)
  await expect(run(4)).rejects.toThrow('full')
  expect(began).toEqual([0, 1])
  works[1]?.reject(new Error('failed'))
  await expect(done[1]).rejects.toThrow('failed')
  expect(began).toEqual([0, 1, 2])
  for (const work of works) work.resolve()
  expect(await Promise.all([done[0], done[2], done[3]])).toEqual([0, 2, 3])
  expect(await run(4)).toBe(4)
  expect(began).toEqual([0, 1, 2, 3, 4])
})
