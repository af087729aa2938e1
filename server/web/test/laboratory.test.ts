import { describe, expect, test } from 'vitest'
import { ApiError, answeredError } from '../src/api/client.ts'
import type { AvailableOperation, OperationBody } from '../src/api/laboratory-bodies.ts'
import { entryInWords, entryOfFrame, frameOf, keyOf } from '../src/pages/laboratory/entries.ts'
import { faultsOf } from '../src/pages/laboratory/faults.ts'
import {
  added,
  howMany,
  inputDataOf,
  moved,
  NOTHING,
  withFiles,
  withOperation,
} from '../src/pages/laboratory/form/draft.ts'
import { inPicture, panned, WHOLE, zoomed } from '../src/pages/laboratory/picture/view.ts'
import { cellOf, forPeople, isUsual, wordsFor } from '../src/pages/laboratory/results/cells.ts'
import { rowsOf } from '../src/pages/laboratory/results/csv.ts'
import { shapeOf } from '../src/pages/laboratory/results/shape.ts'
import { downloadsOf, newestFirst, pathOf, poolOf } from '../src/pages/laboratory/session/operations.ts'
import { choicesOf, passes } from '../src/pages/laboratory/session/status.ts'
import { picturePath, routeOf } from '../src/router/route.ts'
import { openAt } from './browser.ts'

const FRAME = { type: 'image', source: 'archive', basename: 'hall-pi_front-door_1700000000000' }
const files = { name: 'Pictures', description: '', type: 'fits', minimum: 2, maximum: 999 }
const MEDIAN: AvailableOperation = {
  name: 'Median',
  description: '',
  category: 'image',
  inputs: { input_files: files },
}
const COLOURS: AvailableOperation = {
  name: 'Color Image',
  description: '',
  category: 'image',
  inputs: {
    pictures: { ...files, color_picker: true, include_custom_scale: true },
    gain: { name: 'Gain', description: '', type: 'float', default: 1 },
    note: { name: 'Note', description: '', type: 'string', required: false },
  },
}

describe('addresses', () => {
  test.each([
    ['/laboratory', { page: 'laboratory' }],
    ['/laboratory/', { page: 'laboratory' }],
    ['/laboratory/12', { page: 'laboratory', session: 12 }],
    [
      '/laboratory/12/datalab/3-Median',
      { page: 'laboratory', session: 12, picture: { source: 'datalab', basename: '3-Median' } },
    ],
    ['/laboratory/0', { page: 'missing' }],
    ['/laboratory/12/elsewhere/x', { page: 'missing' }],
    ['/laboratory/12/datalab/%E0', { page: 'missing' }],
  ])('%s', (path, route) => expect(routeOf(path)).toEqual(route))

  test('of a picture whatever its name holds', () => {
    const picture = { source: 'archive', basename: 'm 31, ü/b%' }
    expect(routeOf(picturePath(4, picture))).toEqual({ page: 'laboratory', session: 4, picture })
  })

  test('of a file on the server that the page comes from, whatever name the server has', () => {
    openAt('/laboratory/1')
    expect(pathOf('http://10.0.0.7:20002/api/laboratory/files/a.fits?sig=1')).toBe('/api/laboratory/files/a.fits?sig=1')
    expect(pathOf(null)).toBeNull()
    const file = {
      basename: 'a',
      source: 'datalab',
      type: 'fits' as const,
      large_url: null,
      fits_url: 'http://x/f?s=1',
    }
    expect(downloadsOf(file)).toEqual([{ name: 'FITS', path: '/f?s=1' }])
  })
})

test('a frame is told by its basename, and nothing else is', () => {
  expect(frameOf(FRAME)).toEqual({
    id: 'hall-pi/front-door/1700000000000',
    camera: 'hall-pi/front-door',
    at: 1_700_000_000_000,
  })
  expect(entryOfFrame('hall-pi/front-door/1700000000000')).toEqual(FRAME)
  expect(frameOf({ ...FRAME, source: 'datalab' })).toBeNull()
  expect(frameOf({ source: 'archive', basename: 'm31_r' })).toBeNull()
  expect(
    entryInWords({ source: 'archive', query: { camera: 'hall-pi/front-door', state: 'open', every: 60_000 } }),
  ).toBe('one a minute of the frames of hall-pi/front-door, state open')
})

describe('what the server found wrong', () => {
  test('stands at its field, however deep', () => {
    const body = { input_data: { input_files: ['too few', 'of another size'] }, gain: ['not a number'], name: ['?'] }
    expect(faultsOf(answeredError(400, body), ['input_files', 'gain'])).toEqual({
      fields: { input_files: 'too few of another size', gain: 'not a number' },
      rest: 'name: ?',
    })
    expect(faultsOf(answeredError(400, { 'input_data.gain': ['no'] }), ['gain']).fields).toEqual({ gain: 'no' })
  })

  test('is said in each form that the server has', () => {
    expect(answeredError(404, { detail: 'No DataSession matches the given query.' }).message).toMatch(/^No DataSession/)
    expect(answeredError(400, { error: 'not done here' }).message).toBe('not done here')
    const ours = answeredError(400, { error: { code: 'empty', message: 'it is empty', field: 'name' } })
    expect(ours).toMatchObject({ code: 'empty', message: 'it is empty', field: 'name' })
    expect(answeredError(502, null).message).toBe('The server answered 502.')
    expect(faultsOf(new ApiError(0, 'unreachable', 'away'), ['x'])).toEqual({ fields: {}, rest: 'away' })
  })
})

describe('the form of an operation', () => {
  const other = { source: 'datalab', basename: '3-Median' }

  test('keeps pictures when another operation is chosen, also those chosen before any was', () => {
    const before = withFiles(NOTHING, undefined, [FRAME, FRAME, other])
    const median = withOperation(before, undefined, MEDIAN)
    expect(inputDataOf(median, MEDIAN)).toEqual({ input_files: [FRAME, other] })
    const colours = withOperation(median, MEDIAN, COLOURS)
    expect(colours.files.pictures?.map(({ entry }) => keyOf(entry))).toEqual([FRAME, other].map(keyOf))
  })

  test('sends numbers as numbers, a stretch and a colour where they are asked for, and nothing for what is empty', () => {
    const chosen = added([], [FRAME, { source: 'archive', query: { camera: 'a/b' } }])
    const [first, second] = chosen
    if (!first || !second) throw new Error('nothing was chosen')
    const draft = {
      operation: COLOURS.name,
      texts: { gain: '2.5', note: ' ' },
      files: { pictures: [{ ...first, zmin: '10', color: '#ff8800' }, second] },
    }
    expect(inputDataOf(draft, COLOURS)).toEqual({
      pictures: [
        { ...FRAME, zmin: 10, color: '#ff8800' },
        { source: 'archive', query: { camera: 'a/b' } },
      ],
      gain: 2.5,
    })
    expect(inputDataOf({ ...draft, texts: {} }, COLOURS)).toMatchObject({ gain: 1 })
    expect(inputDataOf(draft, MEDIAN)).toEqual({ input_files: [] })
  })

  test('puts pictures in order', () => {
    const names = (some: ReturnType<typeof added>) => some.map(({ entry }) => 'basename' in entry && entry.basename)
    const three = added(
      [],
      ['a', 'b', 'c'].map((basename) => ({ source: 'datalab', basename })),
    )
    expect(names(moved(three, 0, 1))).toEqual(['b', 'a', 'c'])
    expect(names(moved(three, 2, -1))).toEqual(['a', 'c', 'b'])
    expect(names(moved(three, 2, 1))).toEqual(['a', 'b', 'c'])
    expect([howMany(files), howMany({ ...files, minimum: 1, maximum: 1 })]).toEqual([
      '2 to 999 pictures',
      'One picture',
    ])
  })
})

test('what operations made comes before what was gathered, and the newest operation first', () => {
  openAt('/')
  const operation = (id: number, created: string): OperationBody => {
    const output = {
      output_files: [{ basename: `${id}-Median`, source: 'datalab', type: 'fits' as const, small_url: 'http://x/s' }],
    }
    return {
      id,
      name: 'Median',
      status: 'COMPLETED',
      message: '',
      operation_progress: 1,
      output,
      input_data: {},
      created,
    }
  }
  const operations = newestFirst([operation(1, '2026-01-01T00:00:00Z'), operation(2, '2026-01-02T00:00:00Z')])
  expect(operations.map(({ id }) => id)).toEqual([2, 1])
  const pool = poolOf([FRAME], operations)
  expect(pool.map(({ entry, small }) => [entry.basename, small])).toEqual([
    ['2-Median', '/s'],
    ['1-Median', '/s'],
    [FRAME.basename, null],
  ])
})

test('a table is read as RFC 4180 has it', () => {
  expect(rowsOf('a,b\r\n1,"x, ""y""\nz"\r\n,\r\n')).toEqual([
    ['a', 'b'],
    ['1', 'x, "y"\nz'],
    ['', ''],
  ])
  expect(rowsOf('a\nb\nc', 2)).toEqual([['a'], ['b']])
  expect(rowsOf('')).toEqual([])
})

describe('values are drawn as what they look like', () => {
  test('numbers in a row as a line, along bins or edges where there are some', () => {
    expect(shapeOf([1, 2, null, 4])).toEqual({ as: 'line', x: null, lines: [{ name: 'value', y: [1, 2, null, 4] }] })
    expect(shapeOf([{ histogram: [3, 4, 5], bins: [0, 10, 20] }])).toEqual({
      as: 'line',
      x: [0, 10, 20],
      lines: [{ name: 'histogram', y: [3, 4, 5] }],
    })
    expect(shapeOf({ counts: [3, 4, 5], edges: [0, 10, 20, 30] })).toMatchObject({ as: 'line', x: [5, 15, 25] })
  })

  test('things of one kind as a table, the rest by name', () => {
    expect(shapeOf([{ a: 1, b: 'x' }, { a: 2.123456789 }])).toEqual({
      as: 'table',
      columns: ['a', 'b'],
      rows: [
        ['1', 'x'],
        ['2.123457', ''],
      ],
    })
    expect(shapeOf([{ mean: 1.5, histogram: [1, 2, 3], nothing: null }])).toMatchObject({
      as: 'parts',
      facts: [['mean', '1.5']],
      parts: [['histogram', { histogram: [1, 2, 3] }]],
    })
    expect(shapeOf([])).toEqual({ as: 'nothing' })
    expect(shapeOf([['a'], ['b']])).toMatchObject({ as: 'parts' })
  })
})

describe('a picture in its window', () => {
  const box = { width: 400, height: 200 }
  const size = { width: 1280, height: 640 }

  test('what is under the mouse stays there when one zooms', () => {
    const at = { x: 100, y: 50 }
    const view = zoomed(WHOLE, 4, at, box)
    expect(inPicture(view, at, box, size)).toEqual(inPicture(WHOLE, at, box, size))
    expect(zoomed(view, 0.01, at, box)).toEqual({ scale: 1, x: 0, y: 0 })
  })

  test('it cannot be moved out of it', () => {
    const view = zoomed(WHOLE, 2, { x: 200, y: 100 }, box)
    expect(panned(view, 10_000, -10_000, box)).toEqual({ scale: 2, x: 0, y: -200 })
    expect(inPicture(WHOLE, { x: -5, y: 900 }, box, size)).toEqual({ x: 0, y: 639 })
  })
})

describe('tables for people', () => {
  test('round what was measured, and say times as the viewer has them', () => {
    expect(cellOf('142.78888888888886')).toEqual({ text: '142.79', title: '142.78888888888886' })
    expect(cellOf('7.000000000000001').text).toBe('7')
    expect(cellOf('0.005711805555555556').text).toBe('0.0057118')
    expect(cellOf('1700000000000').text).toBe('1700000000000')
    expect(cellOf('open')).toEqual({ text: 'open' })
    const time = '2023-11-14T22:13:20.000Z'
    expect(cellOf(time).text).not.toContain('T22')
    expect(cellOf(time).title).toContain(time)
  })

  test('say a frame by its time, once, and by its camera where there are several', () => {
    const columns = ['basename', 'time', 'clipped_dark', 'p_open']
    const row = [FRAME.basename, '2023-11-14T22:13:20.000Z', '0.1', '1']
    const one = forPeople(columns, [row])
    expect(one.columns).toEqual(['frame', 'too dark, share', 'sure of open'])
    expect(one.rows[0]).toHaveLength(3)
    expect(one.rows[0]?.[0]?.text).not.toContain('hall-pi')
    const two = forPeople(columns, [row, ['yard-pi_street_1700000000000', ...row.slice(1)]])
    expect(two.rows[1]?.[0]?.text).toMatch(/^yard-pi\/street, /)
    expect(forPeople(columns, [['m31', ...row.slice(1)]]).columns).toEqual([
      'file',
      'time',
      'too dark, share',
      'sure of open',
    ])
  })

  test('leave out what is as it always is', () => {
    expect([isUsual('every', '1'), isUsual('every', '2'), isUsual('left_out_count', '0')]).toEqual([true, false, true])
    expect(wordsFor('left_out_count')).toBe('files left out')
  })
})

test('operations are found by name and by how they stand', () => {
  const all = [
    { name: 'Median', status: 'FAILED' },
    { name: 'Crop', status: 'COMPLETED' },
  ] as OperationBody[]
  expect(choicesOf(all)).toEqual({ statuses: ['COMPLETED', 'FAILED'], names: ['Crop', 'Median'] })
  expect(all.filter((one) => passes('name Crop', one))).toEqual([all[1]])
  expect(all.filter((one) => passes('status FAILED', one))).toEqual([all[0]])
  expect(all.filter((one) => passes('', one))).toEqual(all)
})
