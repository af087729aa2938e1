import { expect, test } from 'vitest'
import { meanOf, partsOf, straightened } from '../src/pages/sensor/numbers.ts'
import { layoutOf, layoutsOf, partsFault, plain } from '../src/pages/sensor/setup/parts.ts'
import { lineThrough } from '../src/sensors/small-plot.tsx'

/** What a reading is drawn by. */

const view = {
  parts: [
    { name: 'amplitude', length: 2, kind: 'value' as const },
    { name: 'phase', length: 3, kind: 'phase' as const },
  ],
  window: 1,
}

test('a reading is split into its parts; of another length it is one part', () => {
  expect(partsOf([1, 2, 0, 1, 2], view).map(({ name, numbers }) => [name, numbers.length])).toEqual([
    ['amplitude', 2],
    ['phase', 3],
  ])
  expect(partsOf([1, 2, 3], view)).toEqual([{ name: 'value', kind: 'value', numbers: [1, 2, 3] }])
})

test('phases lose their jumps and their line, and nothing else', () => {
  const turn = 2 * Math.PI
  const bump = [0, 0, 1, 0, 0, 0, 1, 0, 0] // symmetric: it has no line of its own
  const wrapped = bump.map((value, i) => ((value + 2 * i + 3) % turn) - (i % 2) * turn)
  const plainBump = straightened(bump)
  for (const [i, value] of straightened(wrapped).entries())
    expect(value ?? Number.NaN).toBeCloseTo(plainBump[i] ?? Number.NaN, 6)
  expect(straightened([5])).toEqual([0])
  expect(straightened([])).toEqual([])
})

test('where there is no amplitude there is no phase', () => {
  const [, phase] = partsOf([1, 0, 2, 0.1, 3, 0.2], {
    parts: [
      { name: 'amplitude', length: 3, kind: 'value' },
      { name: 'phase', length: 3, kind: 'phase' },
    ],
    window: 1,
  })
  expect(phase?.numbers[1]).toBeNull()
  expect(phase?.numbers[0]).toBeCloseTo(0, 6)
})

test('the mean is that of each place, of readings of one length', () => {
  expect(meanOf([[1, 2], [3, 4], [9]], null)?.[0]?.numbers).toEqual([2, 3])
  expect(meanOf([], null)).toBeNull()
})

test('parts are the numbers of a reading, no more and no less', () => {
  expect(layoutsOf(106).map(({ name }) => name)).toEqual(['plain', 'csi', 'own'])
  expect(layoutsOf(1).map(({ name }) => name)).toEqual(['plain'])
  expect(layoutOf(plain(7))).toBe('plain')
  expect(partsFault(plain(7), 7)).toBeNull()
  expect(partsFault(plain(7), 8)).toMatch(/has 8 numbers; these parts have 7/)
  expect(partsFault([...plain(1), ...plain(1)], 2)).toMatch(/one name/)
  expect(partsFault([{ name: 'Bad', length: 1, kind: 'value' }], 1)).toMatch(/lower-case/)
})

test('a line goes from the left to the right, and lies flat where all numbers are equal', () => {
  expect(lineThrough([0, 1])).toBe('0,82 160,8')
  expect(lineThrough([3, 3, 3])).toBe('0,45 80,45 160,45')
  expect(lineThrough([3])).toBe('0,45 160,45')
  expect(lineThrough([])).toBe('')
})
