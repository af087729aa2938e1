import { expect, test } from 'vitest'
import { nameOfTime, stateOfFolder, timeInName } from '../src/index.ts'

test('the time in the name of a file, or null where there is none', () => {
  expect(timeInName('night/cam_20151102_042051.jpg')).toBe(Date.UTC(2015, 10, 2, 4, 20, 51))
  expect(timeInName('20151102_042051_007.jpg')).toBe(Date.UTC(2015, 10, 2, 4, 20, 51, 7))
  const none = ['notes.jpg', '120151102_042051.jpg', '20151302_042051.jpg', '20151102_042051/a.jpg']
  expect(none.map(timeInName)).toEqual(none.map(() => null))
})

test('a name made of a time tells that time', () => {
  const at = Date.UTC(2026, 1, 3, 4, 5, 6, 78)
  expect(nameOfTime(at)).toBe('20260203_040506_078')
  expect(timeInName(`${nameOfTime(at)}.jpg`)).toBe(at)
})

test('the state that the name of a folder stands for, or null', () => {
  expect(['Open', ' Half open!', '__open', 'x'.repeat(40)].map(stateOfFolder)).toEqual([
    'open',
    'half-open-',
    'open',
    'x'.repeat(32),
  ])
  expect(['', '---', 'öü'].map(stateOfFolder)).toEqual([null, null, null])
})
