import { describe, expect, test } from 'vitest'
import { ApiError } from '../src/api/client.ts'
import type { TaskBody, TaskSchema } from '../src/api/task-bodies.ts'
import { paragraphsOf } from '../src/design/paragraphs.ts'
import { inOrderOf } from '../src/pages/laboratory/results/row-order.ts'
import { shapeOf } from '../src/pages/laboratory/results/shape.ts'
import { automaticOf, readingsInWords } from '../src/pages/tasks/automatic/automatic.ts'
import { readingsOf } from '../src/pages/tasks/automatic/readings-field.tsx'
import { cronInWords, cronOf, statesInWords } from '../src/pages/tasks/automatic/times.ts'
import { draftOf, flawsOf, NOTHING, paramsOf } from '../src/pages/tasks/params/draft.ts'
import { fieldsOf, pictureFieldsOf, WHOLE } from '../src/pages/tasks/params/fields.ts'
import { inOrder } from '../src/pages/tasks/use-tasks.ts'
import { paramsInWords } from '../src/pages/tasks/words.ts'
import { routeOf, runPath } from '../src/router/route.ts'

const SCHEMA: TaskSchema = {
  type: 'object',
  properties: {
    _imageURL: { type: 'string', format: 'picture' },
    threshold: { anyOf: [{ const: 'max' }, { type: 'number' }], default: 'max' },
    bins: { type: 'integer', minimum: 1, maximum: 9, default: 4 },
    scale: { enum: [1, 2, 'full'] },
    clip: { type: 'boolean', title: 'Without the brightest' },
    region: { type: 'object', examples: [{ x: 1 }] },
    note: { type: 'string' },
  },
  required: ['_imageURL', 'note', 'bins'],
}
const TASK = { schema: SCHEMA, pictures: [{ name: '_imageURL', isList: false, required: true }] }
const FREE = { schema: null, pictures: [{ name: '_imageURL', isList: false, required: false }] }
const FRAME = { type: 'image', source: 'archive', basename: 'yard-pi_gate_1795286400000' }
const chosen = (entry = FRAME) => [{ entry, zmin: '', zmax: '', color: '' }]

describe('addresses', () => {
  test.each([
    ['/tasks', { page: 'tasks' }],
    ['/tasks/hot_pixel', { page: 'tasks', task: 'hot_pixel' }],
    ['/tasks/9lives', { page: 'missing' }],
    ['/tasks/a/b', { page: 'missing' }],
  ])('%s', (path, route) => expect(routeOf(path)).toEqual(route))

  test('of a run', () => expect(runPath('noise', 'a b')).toBe('/tasks/noise?run=a%20b'))
})

describe('the form of a task', () => {
  test('asks for each parameter as it is declared, and for pictures by themselves', () => {
    expect(fieldsOf(TASK).map(({ name, input }) => [name, input.format ?? input.type])).toEqual([
      ['threshold', 'string'],
      ['bins', 'int'],
      ['scale', 'select'],
      ['clip', 'select'],
      ['region', 'json'],
      ['note', 'string'],
    ])
    const [, bins, , clip, , note] = fieldsOf(TASK)
    // What has a usual value need not be said.
    expect(bins).toMatchObject({ initial: '4', input: { required: false, minimum: 1, maximum: 9 } })
    const rect = { type: 'object', properties: { type: { const: 'rect' }, x: { type: 'integer', minimum: 1 } } }
    const [region] = fieldsOf({
      schema: { properties: { region: { anyOf: [rect, { type: 'object' }] } } },
      pictures: [],
    })
    expect(region?.input.description).toBe('Such as {"type":"rect","x":1}')
    expect(clip?.input.name).toBe('Without the brightest')
    expect(note?.input.required).toBe(true)
    expect(pictureFieldsOf(TASK)).toMatchObject([{ name: '_imageURL', label: 'Picture', required: true }])
  })

  test('makes values of what is typed: options and numbers keep their type', () => {
    const texts = { threshold: '12.5', scale: '2', clip: 'false', region: '{"x": 7}', note: '12' }
    const { params, flaws } = paramsOf(TASK, { texts, pictures: { _imageURL: chosen() } })
    expect(flaws.fields).toEqual({})
    expect(params).toEqual({
      ...{ threshold: 12.5, bins: 4, scale: 2, clip: false, region: { x: 7 }, note: '12' },
      _imageURL: { source: 'archive', basename: FRAME.basename },
    })
    expect(paramsOf(TASK, NOTHING).params).toEqual({ threshold: 'max', bins: 4 })
  })

  test('says what is no JSON, before the server is asked', () => {
    const { flaws } = paramsOf(TASK, { texts: { region: '{x: 1}' }, pictures: {} })
    expect(flaws.fields.region).toMatch(/^This is no JSON/)
    const free = paramsOf(FREE, { texts: { [WHOLE]: '[1]' }, pictures: {} })
    expect(free.flaws.fields[WHOLE]).toMatch(/object/)
  })

  test.each([
    ['declared', TASK],
    ['free', FREE],
  ])('is filled again with what a run was told: %s', (_name, task) => {
    const params = { threshold: 3, region: { x: 1 }, note: 'a "b"', _imageURL: { source: 'archive', basename: 'm31' } }
    expect(paramsOf(task, draftOf(task, params))).toEqual({ params, flaws: { fields: {}, rest: null } })
  })

  test('shows what the server found wrong at the parameter that it names', () => {
    const at = (field: string | null) => flawsOf(TASK, new ApiError(400, 'bad_params', 'no', field))
    expect(at('params.bins').fields).toEqual({ bins: 'no' })
    expect(at('params.params.note').fields).toEqual({ note: 'no' })
    expect(at('params.other').rest).toBe('no')
    expect(at(null).rest).toBe('no')
  })
})

test('what a run was told is said in a line, without what makes it long', () => {
  expect(paramsInWords({ _imageURL: 'm31', threshold: 3 })).toBe('m31; threshold 3')
  expect(paramsInWords({ region: { x: 1 }, all: true })).toBe('region {"x":1}; all true')
  expect(paramsInWords({ text: 'x'.repeat(99) })).toMatch(/^text x{60} …$/)
})

test('what a task says of itself is read in paragraphs; lists keep their lines', () => {
  expect(paragraphsOf('One\nsentence.\n\nThen:\n- this\n- that\n  and more')).toEqual([
    'One sentence.',
    'Then:\n- this\n- that\n  and more',
  ])
})

test('what is broken stands first, and whose task it is before what came with ajar', () => {
  const one = (name: string, isOperators: boolean, error: string | null) => ({ name, isOperators, error }) as TaskBody
  const tasks = [one('a', false, null), one('b', true, null), one('c', true, 'no'), one('d', false, 'no')]
  expect(inOrder(tasks).map(({ name }) => name)).toEqual(['c', 'b', 'd', 'a'])
})

describe('automatic runs', () => {
  test('are said in words', () => {
    expect(cronInWords(cronOf('nightly', '03:05', ''))).toBe('every night at 03:05')
    expect(cronInWords(cronOf('nightly', '12:00', ''))).toBe('every day at 12:00')
    expect(cronInWords(cronOf('hourly', '', ''))).toBe('every hour')
    expect(cronInWords(cronOf('own', '', ' 0 3 * * 1 '))).toBe('at 0 3 * * 1')
    expect(statesInWords([])).toBe('whenever its state changes')
    expect(statesInWords(['open', 'ajar'])).toBe('when it goes to open or ajar')
    expect(readingsInWords({ task: 'noise' })).toMatch(/^each number/)
    expect(readingsInWords({ task: 'noise', readings: { hot: '/hot' } })).toBe('writes hot')
  })

  test('of both kinds stand in one list; other schedules do not', () => {
    const timed = { ...{ id: 's', camera: 'pi/gate', cron: '0 * * * *', timezone: 'UTC', paused: false, owner: null } }
    const rest = { createdAt: '', nextAt: null, lastJob: null }
    const all = automaticOf(
      [
        { ...timed, ...rest, kind: 'task', params: { task: 'noise' } },
        { ...timed, ...rest, kind: 'training', params: {} },
      ],
      [
        {
          ...{ id: 't', camera: 'pi/gate', states: [], task: 'noise', params: {}, readings: null, paused: true },
          ...{ owner: null, createdAt: '', lastJob: 'j' },
        },
      ],
    )
    expect(all.map(({ path, task, paused }) => [path, task, paused])).toEqual([
      ['/api/schedules/s', 'noise', false],
      ['/api/task-triggers/t', 'noise', true],
    ])
  })

  test('write every number, some, or none', () => {
    const rows = [{ sensor: 'hot', pointer: '/hot' }]
    expect(readingsOf({ way: 'all', rows })).toBeUndefined()
    expect(readingsOf({ way: 'some', rows })).toEqual({ hot: '/hot' })
    expect(readingsOf({ way: 'none', rows })).toEqual({})
  })
})

test('rows without names, as bins of a histogram, are a table', () => {
  const bins = [
    [20, 3000, 3250],
    [30, 3250, 3500],
  ]
  expect(shapeOf(bins)).toEqual({
    ...{ as: 'table', columns: ['1', '2', '3'] },
    rows: [
      ['20', '3000', '3250'],
      ['30', '3250', '3500'],
    ],
  })
  expect(shapeOf([[0, 33, 54]])).toMatchObject({ as: 'table', rows: [['0', '33', '54']] })
  expect(shapeOf([[1, 2], [3]]).as).toBe('parts')
})

test('a table is ordered by a column: numbers as numbers, what is empty last', () => {
  const cells = (...texts: string[]) => texts.map((text) => [{ text }])
  const ordered = (isDown: boolean, ...texts: string[]) =>
    inOrderOf(cells(...texts), 0, isDown).map(([cell]) => cell?.text)
  expect(ordered(false, '10', '', '9', '-1')).toEqual(['-1', '9', '10', ''])
  expect(ordered(true, '10', '', '9', '-1')).toEqual(['10', '9', '-1', ''])
  expect(ordered(false, 'C10', 'C2', 'C1')).toEqual(['C1', 'C2', 'C10'])
  // Rounded for people, but not for the order.
  const rounded = inOrderOf([[{ text: '1.2346', title: '1.23459' }], [{ text: '1.2346', title: '1.23456' }]], 0, false)
  expect(rounded.map(([cell]) => cell?.title)).toEqual(['1.23456', '1.23459'])
})
