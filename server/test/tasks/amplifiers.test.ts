import type { Card, FitsExtension } from '@ajar/images'
import { expect, test } from 'vitest'
import { layoutOf } from '../../tasks/_amplifiers.ts'

function picture(index: number, width: number, height: number, told: Record<string, string>): FitsExtension {
  const cards: Card[] = Object.entries(told).map(([keyword, value]) => ({ keyword, value }))
  return { index, name: `A${index}`, width, height, cards }
}

const box = (x1: number, x2: number, y1: number, y2: number) => ({ x1, x2, y1, y2 })

test('without overscan each stands where it is on the detector, with gaps', () => {
  const { type, mosaic, amplifiers } = layoutOf([
    picture(1, 10, 5, { DETSIZE: '[101:125,1:5]', DETSEC: '[101:110,1:5]' }),
    picture(2, 10, 5, { DETSIZE: '[101:125,1:5]', DETSEC: '[125:116,1:5]', DATASEC: ' [1:10,1:5] ' }),
  ])
  expect([type, mosaic]).toEqual(['CCD', { width: 25, height: 5 }])
  expect(amplifiers.map(({ all, isTurnedX }) => [all, isTurnedX])).toEqual([
    [box(0, 9, 0, 4), false],
    [box(15, 24, 0, 4), true],
  ])
  expect(amplifiers[0]).toMatchObject({ data: box(0, 9, 0, 4), pre: null, post: null, over: null })
})

test('binned ones stand side by side, as wide as their pictures', () => {
  const { mosaic, amplifiers } = layoutOf([
    picture(1, 5, 3, { DETSEC: '[11:20,1:6]' }),
    picture(2, 5, 3, { DETSEC: '[1:10,1:6]' }),
  ])
  expect(mosaic).toEqual({ width: 10, height: 3 })
  expect(amplifiers.map(({ all }) => all.x1)).toEqual([5, 0])
})

test('areas without pixels end before they begin, also where a picture is turned around', () => {
  const told = { DATASEC: '[1:8,1:5]', BIASSEC: '[9:10,1:5]' }
  const { type, amplifiers } = layoutOf([
    picture(1, 10, 5, { ...told, DETSEC: '[1:8,1:5]' }),
    picture(2, 10, 5, { ...told, DETSEC: '[16:9,1:5]' }),
  ])
  expect(type).toBe('CCD-OVERSCAN')
  expect(amplifiers[0]).toMatchObject({
    data: box(0, 7, 0, 4),
    pre: box(0, -1, 0, 4),
    post: box(8, 9, 0, 4),
    over: box(0, 9, 5, 4),
  })
  expect(amplifiers[1]).toMatchObject({ data: box(12, 19, 0, 4), pre: box(20, 19, 0, 4), post: box(10, 11, 0, 4) })
})

test('a bias section before the data is where nothing was lit yet', () => {
  const { amplifiers, mosaic } = layoutOf([picture(0, 10, 4, { DATASEC: '[4:9,1:4]', BIASSEC: '[1:3,1:4]' })])
  expect(mosaic).toBeNull()
  expect(amplifiers[0]).toMatchObject({ pre: box(0, 2, 0, 3), data: box(3, 8, 0, 3), post: box(9, 9, 0, 3) })
})

test('a picture that is alone is told in its own pixels, and pictures that say nothing each in theirs', () => {
  expect(layoutOf([picture(0, 10, 4, { DETSEC: '[110:101,1:4]' })]).amplifiers[0]).toMatchObject({
    all: box(0, 9, 0, 3),
    isTurnedX: false,
  })
  const both = layoutOf([picture(1, 3, 2, {}), picture(2, 5, 6, { DATASEC: '' })])
  expect([both.mosaic, ...both.amplifiers.map(({ all }) => all)]).toEqual([null, box(0, 2, 0, 1), box(0, 4, 0, 5)])
})

test('sections that are none, or reach beyond their picture, are told', () => {
  expect(() => layoutOf([picture(1, 5, 5, { DETSEC: 'left' })])).toThrow('DETSEC of A1 is "left", and no section')
  expect(() => layoutOf([picture(1, 5, 5, { DATASEC: '[1:6,1:5]' })])).toThrow('DATASEC of A1 reaches beyond')
})
