import { expect, test } from 'vitest'
import { ChosenFrame } from '../src/pages/camera/chosen-frame.ts'

function chosenFrame() {
  const faults: string[] = []
  return { faults, chosen: new ChosenFrame((error) => faults.push((error as Error).message)) }
}

test('the last click counts, however long an earlier one takes', async () => {
  const { chosen, faults } = chosenFrame()
  const slow = Promise.withResolvers<string>()
  const first = chosen.find(async (signal) => {
    await slow.promise
    signal.throwIfAborted()
    return 'pi/cam/1'
  })
  await chosen.find(async () => 'pi/cam/2')
  slow.resolve('')
  await first
  expect([chosen.frame.value, chosen.isSought.value, faults]).toEqual(['pi/cam/2', false, []])
})

test('going back to live ends a search', async () => {
  const { chosen } = chosenFrame()
  const search = chosen.find(async () => 'pi/cam/1')
  expect(chosen.isSought.value).toBe(true)
  chosen.show(null)
  await search
  expect([chosen.frame.value, chosen.isSought.value]).toEqual([null, false])
})

test('what could not be found is said', async () => {
  const { chosen, faults } = chosenFrame()
  await chosen.find(async () => 'pi/cam/1')
  await chosen.find(async () => null)
  await chosen.find(() => Promise.reject(new Error('The server does not answer')))
  expect(faults).toEqual(['There is no frame there.', 'The server does not answer'])
  expect([chosen.frame.value, chosen.isSought.value]).toEqual(['pi/cam/1', false])
})
