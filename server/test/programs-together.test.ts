import { expect, test } from 'vitest'
import { Together } from '../src/programs/worker/together.ts'

function gather() {
  const handed: string[][] = []
  const together = new Together<string>(
    async (all) => void handed.push(all),
    ({ length }) => length,
  )
  return { handed, together }
}

test('what comes within an instant is handed on together, in order', async () => {
  const { handed, together } = gather()
  together.add(['a'])
  together.add(['b', 'c'])
  await together.flush()
  expect(handed).toEqual([['a', 'b', 'c']])
})

test('much is handed on at once, a million characters together, however little time has passed', async () => {
  const { handed, together } = gather()
  const half = 'x'.repeat(600_000)
  together.add([half, 'a', half, 'b'])
  expect(handed).toEqual([[half, 'a']])
  together.add(['c', 'x'.repeat(2_000_000), 'd'])
  await together.flush()
  expect(handed.map(({ length }) => length)).toEqual([2, 3, 1, 1])
})

test('what could not be handed on is thrown to whoever waits for all of it', async () => {
  const together = new Together<string>(
    () => Promise.reject(new Error('too long')),
    ({ length }) => length,
  )
  together.add(['x'.repeat(900_000), 'x'.repeat(900_000)])
  await expect(together.flush()).rejects.toThrow('too long')
})
