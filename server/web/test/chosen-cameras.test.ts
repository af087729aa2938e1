import { expect, test } from 'vitest'
import { ChosenCameras, TROUBLED } from '../src/pages/wall/chosen-cameras.ts'

test('what is chosen stands in the address, and is taken from there', () => {
  const chosen = new ChosenCameras()
  expect(chosen.query.value).toBe('')
  chosen.name.value = 'front & back'
  chosen.state.value = 'open'
  chosen.troubledFirst.value = true
  const other = new ChosenCameras()
  other.take(chosen.query.value)
  expect([other.name.value, other.state.value, other.troubledFirst.value]).toEqual(['front & back', 'open', true])
  other.take('')
  expect(other.query.value).toBe('')
})

test('no state can be called as that which stands for trouble', () => {
  expect(TROUBLED).not.toMatch(/^[a-z0-9][a-z0-9-]{0,31}$/)
})
