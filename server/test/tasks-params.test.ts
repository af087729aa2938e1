import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { checkParams, inputFieldsOf, paramsOfValues, wrongValues } from '../src/tasks/params/params.ts'
import type { ParamsSchema, Task } from '../src/tasks/task.ts'

type Declared = Pick<Task, 'name' | 'schema' | 'pictures'>

function task(
  properties: Record<string, unknown>,
  more: Record<string, unknown> = {},
  pictures: Task['pictures'] = [],
) {
  return { name: 'spots', schema: { type: 'object', properties, ...more } as ParamsSchema, pictures }
}

const REGION = {
  type: 'object',
  properties: { type: { const: 'rect' }, x1: { type: 'integer', minimum: 0 }, x2: { type: 'integer' } },
  required: ['type', 'x1', 'x2'],
  additionalProperties: false,
}

const JSON_FIELD = { required: false, type: 'string', format: 'json', maxLength: 1_000_000 }

const EVERYTHING = task(
  {
    _imageURL: { type: 'string', format: 'picture', description: 'Of the sky.' },
    flats: { type: 'array', items: { type: 'string', format: 'picture' }, minItems: 2, maxItems: 5 },
    threshold: { anyOf: [{ const: 'max' }, { type: 'number' }], default: 'max', title: 'Threshold' },
    bins: { type: 'integer', minimum: 1, exclusiveMaximum: 101, default: 10 },
    sigma: { type: 'number', minimum: 0.5, description: 'How far from the rest.' },
    label: { type: 'string', maxLength: 20 },
    how: { enum: ['mean', 'median', 3, null] },
    isDark: { type: 'boolean', default: false },
    region: REGION,
    corners: { type: 'array', items: { type: 'integer' }, description: 'Two pairs.', examples: [[1, 2, 3, 4]] },
    note: { type: ['string', 'null'] },
  },
  { required: ['_imageURL', 'sigma'] },
  [
    { name: '_imageURL', isList: false, required: true },
    { name: 'flats', isList: true, required: false },
  ],
)

async function refusal(what: Declared, params: unknown) {
  try {
    await checkParams(what, params as Record<string, unknown>)
  } catch (error) {
    const { status, code, field, message } = error as Record<string, unknown>
    return { status, code, field, message }
  }
  return null
}

test('each parameter is a field of a form', () => {
  expect(inputFieldsOf(EVERYTHING)).toEqual({
    _imageURL: { name: 'Picture', description: 'Of the sky.', type: 'fits', minimum: 1, maximum: 1 },
    flats: { name: 'Flats', description: '', required: false, type: 'fits', minimum: 2, maximum: 5 },
    threshold: {
      ...{
        name: 'Threshold',
        description: 'Give "max" or a number.',
        required: false,
        type: 'string',
        format: 'json-or-text',
      },
      ...{ maxLength: 1_000_000, default: 'max' },
    },
    bins: { name: 'Bins', description: '', required: false, type: 'int', minimum: 1, maximum: 100, default: 10 },
    sigma: { name: 'Sigma', description: 'How far from the rest.', type: 'float', minimum: 0.5 },
    label: { name: 'Label', description: '', required: false, type: 'string', maxLength: 20 },
    how: { name: 'How', description: '', required: false, type: 'select', options: ['mean', 'median', '3', 'null'] },
    isDark: {
      ...{ name: 'Is Dark', description: '', required: false },
      ...{ type: 'select', options: ['true', 'false'], default: 'false' },
    },
    region: { name: 'Region', description: 'As JSON: an object.', ...JSON_FIELD },
    corners: { name: 'Corners', description: 'Two pairs. As JSON: a list, such as [1,2,3,4].', ...JSON_FIELD },
    note: { name: 'Note', description: '', required: false, type: 'string', maxLength: 1_000_000 },
  })
})

test('what was put into a form is told to the task as what it was before', async () => {
  const params = {
    ...{ threshold: 'max', bins: 3, sigma: 0.75, label: ' "quoted"\n', how: 3, isDark: true },
    ...{ region: { type: 'rect', x1: 0, x2: 9 }, corners: [1, 2], note: '12' },
  }
  const values = {
    ...{ _imageURL: [{}], threshold: 'max', bins: 3, sigma: 0.75, label: ' "quoted"\n', how: '3', isDark: 'true' },
    ...{ region: ' {"type":"rect","x1":0,"x2":9} ', corners: '[1,2]', note: '12' },
  }
  expect(paramsOfValues(EVERYTHING, values)).toEqual(params)
  expect(await refusal(EVERYTHING, params)).toBeNull()
  const told = (threshold: string) => paramsOfValues(EVERYTHING, { sigma: 1, threshold }).threshold
  expect(['3000.5', '"max"', ' max', 'true'].map(told)).toEqual([3000.5, 'max', ' max', true])
  expect(paramsOfValues(EVERYTHING, { how: 'null' })).toEqual({ how: null })
})

test('what was left out, or left empty, is not told', () => {
  expect(paramsOfValues(EVERYTHING, {})).toEqual({})
  const empty = { sigma: 1, region: ' ', corners: '', threshold: '', label: '' }
  expect(paramsOfValues(EVERYTHING, empty)).toEqual({ sigma: 1, label: '' })
  expect(paramsOfValues(task({ label: { type: 'string', minLength: 1 } }), { label: '' })).toEqual({})
})

test('a task that declares nothing is told what stands in one text', async () => {
  const plain = { name: 'old', schema: null, pictures: [{ name: '_imageURL', isList: false, required: false }] }
  expect(inputFieldsOf(plain)).toMatchObject({
    _imageURL: { type: 'fits', required: false, minimum: 1, maximum: 1 },
    params: { type: 'string', format: 'json', required: false },
  })
  expect(paramsOfValues(plain, { params: '{"a":[1],"params":"b"}' })).toEqual({ a: [1], params: 'b' })
  expect(paramsOfValues(plain, { params: '' })).toEqual({})
  expect(() => paramsOfValues(plain, { params: '[1]' })).toThrow('params: Must be a JSON object')
  expect(() => paramsOfValues(plain, { params: '{"_imageURL":"/etc/passwd"}' })).toThrow('has a field of its own')
  expect(await refusal({ ...plain, pictures: [] }, { _imageURL: '/etc/passwd' })).toMatchObject({
    field: 'params._imageURL',
  })
})

test('a task that takes others besides those that it names is told those, too', async () => {
  const open = task({ params: { type: 'integer' } }, { additionalProperties: { type: 'number' } })
  expect(Object.keys(inputFieldsOf(open))).toEqual(['params', 'more_params'])
  expect(paramsOfValues(open, { params: 1, more_params: '{"gain":2}' })).toEqual({ params: 1, gain: 2 })
  expect(await refusal(open, { gain: 'x' })).toMatchObject({ field: 'params.gain' })
})

test('all that is wrong is told at once, by name', async () => {
  const region = { type: 'rect', x1: -1, x2: 'a', y: 1 }
  expect(await refusal(EVERYTHING, { threshold: true, bins: 101, region, lable: 'x' })).toEqual({
    ...{ status: 400, code: 'bad_params', field: 'params.sigma' },
    message:
      'spots: sigma is required; threshold must be "max" or a number, and is true; bins must be less than 101; ' +
      'region.x1 must be at least 0; region.x2 must be a whole number, and is "a"; ' +
      'region.y is unknown: type, x1, x2 may be given; lable is unknown: _imageURL, flats, threshold, bins, sigma, ' +
      'label, how, isDark, region, corners, note may be given',
  })
  expect(await refusal(EVERYTHING, [])).toMatchObject({ field: 'params', message: 'spots: params must be an object' })
})

test('where one of several is wanted, what is wrong with the one that was meant is told', async () => {
  const regions = [
    { type: 'object', properties: { type: { const: 'rect' }, value: REGION }, required: ['type', 'value'] },
    { type: 'object', properties: { type: { const: 'circ' }, radius: { type: 'number' } }, required: ['radius'] },
    { type: 'null', title: 'nothing' },
  ]
  const either = task({ region: { oneOf: regions } })
  const wrong = { type: 'rect', value: { type: 'rect', x1: 1 } }
  expect((await refusal(either, { region: wrong }))?.message).toBe('spots: region.value.x2 is required')
  expect((await refusal(either, { region: 3 }))?.message).toBe('spots: region must be an object or nothing, and is 3')
})

test('of many calls one is checked at a time, and the event loop goes on in between', async () => {
  const values = Array.from({ length: 1000 }, (_, i) => `b${i}`)
  const slow = task({ a: { items: { enum: Array.from({ length: 10_000 }, (_, i) => `a${i}`) } } })
  let turns = 0
  let isOver = false
  const counting = (async () => {
    for (; !isOver; turns += 1) await nextTurn()
  })()
  const calls = Array.from({ length: 8 }, async () => {
    const refused = await refusal(slow, { a: values })
    return { refused, turn: turns }
  })
  const ended = await Promise.all(calls)
  isOver = true
  await counting
  for (const { refused } of ended) expect(refused?.message).toContain('takes too long to be checked')
  expect(new Set(ended.map(({ turn }) => turn)).size).toBe(ended.length)
})

test('who comes while as many wait as may is told so', async () => {
  const all = await Promise.all(Array.from({ length: 210 }, () => refusal(task({}), {})))
  expect(all.filter((one) => one !== null)).toEqual(
    Array.from({ length: 9 }, () => expect.objectContaining({ status: 503, code: 'busy' })),
  )
  expect(await refusal(task({}), {})).toBeNull()
})

test('the fields of one form are checked within what one call may take, together', async () => {
  const choice = { anyOf: [{ items: { enum: Array.from({ length: 1500 }, (_, i) => `a${i}`) } }, { type: 'string' }] }
  const value = JSON.stringify(Array.from({ length: 300 }, (_, i) => `b${i}`))
  const names = Array.from({ length: 20 }, (_, i) => `p${i}`)
  const form = (of: string[]) => task(Object.fromEntries(of.map((name) => [name, choice])))
  const given = (of: string[]) => Object.fromEntries(of.map((name) => [name, value]))
  expect(await wrongValues(form(['p0']), given(['p0']))).toBeNull()
  expect(JSON.stringify(await wrongValues(form(names), given(names)))).toContain('akes too long to be checked')
})
