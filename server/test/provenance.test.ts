import { expect, test } from 'vitest'
import { Provenance } from '../src/datasessions/execution/provenance.ts'
import type { InputFile } from '../src/datasessions/operation.ts'

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 600)
const BEGUN = Date.UTC(2025, 11, 31, 23, 59, 59)

function frame(i: number): InputFile {
  const capturedAt = BEGUN + i * 1000
  return {
    ...{ basename: `hall-pi_door_${capturedAt}`, source: 'archive', recorded: null },
    at: { frame: { camera: 'hall-pi/door', capturedAt } },
  }
}

const fits = (basename: string): InputFile => ({ basename, source: 'archive', at: { path: basename }, recorded: null })

function of(files: InputFile[]) {
  const provenance = new Provenance({ operation: 'Stacking', values: { method: 'mean' }, files, now: () => NOW })
  const said = (...args: Parameters<Provenance['cards']>) => {
    const cards = provenance.cards(...args)
    const history = cards.filter(({ keyword }) => keyword === 'HISTORY').map(({ comment }) => comment)
    const values = cards.filter(({ value }) => value !== null).map(({ keyword, value }) => [keyword, value])
    return { values: Object.fromEntries(values), history }
  }
  return { provenance, said }
}

test('a made picture says by what, of what and when it was made', () => {
  const files = [frame(1), frame(0)]
  const { values, history } = of(files).said([])
  expect(values).toEqual({
    ...{ DATE: '2026-01-02T03:04:05.600', ORIGIN: 'ajar', 'DATE-OBS': '2025-12-31T23:59:59.000' },
    ...{ 'DATE-BEG': '2025-12-31T23:59:59.000', 'DATE-END': '2026-01-01T00:00:00.000' },
  })
  const names = files.map(({ basename }) => `  ${basename}`)
  expect(history).toEqual(['ajar: Stacking', '  method = mean', 'of 2 files:', ...names])
})

test('of many inputs the first are named, and all are counted', () => {
  const { history } = of(Array.from({ length: 5000 }, (_, i) => frame(i))).said([])
  expect(history.slice(2, 4)).toEqual(['of 5000 files:', `  hall-pi_door_${BEGUN}`])
  expect(history.at(-1)).toBe('  and 4900 more')
  expect(history).toHaveLength(104)
})

test('time and unit of FITS inputs are said where all of them say them', () => {
  const [one, other] = [fits('one'), fits('other')]
  const { provenance, said } = of([one, other])
  provenance.saw(one, [
    { keyword: 'DATE-OBS', value: '2020-05-06' },
    { keyword: 'TIME-OBS', value: '01:02:03' },
    { keyword: 'BUNIT', value: 'adu ' },
  ])
  expect(said([], { keepsUnit: true }).values).toEqual({ DATE: expect.anything(), ORIGIN: 'ajar' })
  expect(said([], { of: [one], keepsUnit: true }).values).toMatchObject({
    ...{ 'DATE-OBS': '2020-05-06T01:02:03.000', BUNIT: 'adu' },
  })
  expect(said([], { of: [one] }).values.BUNIT).toBeUndefined()
})

test('what the operation says itself stays, but for who made the file, and when', () => {
  const given = [
    { keyword: 'DATE', value: '1999-01-01' },
    { keyword: 'ORIGIN', value: 'elsewhere' },
    { keyword: 'DATE-OBS', value: '1998-01-01' },
    { keyword: 'BUNIT', value: 'Jy' },
    { keyword: 'HISTORY', value: null, comment: 'was flattened' },
  ]
  const { values, history } = of([frame(0)]).said(given, { keepsUnit: true })
  expect(values).toMatchObject({ ORIGIN: 'ajar', 'DATE-OBS': '1998-01-01', BUNIT: 'Jy' })
  expect(values.DATE).toMatch(/^2026-/)
  expect(history.slice(0, 2)).toEqual(['was flattened', 'ajar: Stacking'])
})
