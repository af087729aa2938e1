import { describe, expect, test } from 'vitest'
import { numbersAt, numbersAtTop } from '../src/tasks/readings/numbers.ts'
import { isPointer, valueAt } from '../src/tasks/readings/pointer.ts'
import { type Measured, TaskReadings } from '../src/tasks/readings/task-readings.ts'

const listed = ({ bySensor, flaws }: ReturnType<typeof numbersAt>) => ({ ...Object.fromEntries(bySensor), flaws })

test('pointers are those of RFC 6901', () => {
  const document = { foo: ['bar', 'baz'], '': 0, 'a/b': 1, 'c%d': 2, 'm~n': 8, ' ': 7, nested: { '0': 'x' } }
  const found = ['', '/foo', '/foo/0', '/', '/a~1b', '/c%d', '/m~0n', '/ ', '/nested/0'].map((one) =>
    valueAt(document, one),
  )
  expect(found).toEqual([document, ['bar', 'baz'], 'bar', 0, 1, 2, 8, 7, 'x'])
  for (const nothing of ['/foo/2', '/foo/-', '/foo/00', '/foo/length', '/toString', '/a/b', '/foo/0/1'])
    expect(valueAt(document, nothing)).toBeUndefined()
  expect(['', '/', '/a/b', '/~0~1'].every(isPointer)).toBe(true)
  expect(['noise', '/~', '/~2', 'a/b'].some(isPointer)).toBe(false)
})

test('what is asked for is read where it stands: numbers, texts that are numbers, and lists by their length', () => {
  const result = {
    ...{ noise: '691.95', hotPixels: [{ x: 1 }, { x: 2 }], deep: [{ mean: -1.5e3 }], none: [], zero: ' 0 ' },
    ...{ text: 'bright', yes: true, nothing: null, huge: '1e999', spaces: '  ', hex: '0x10' },
  }
  const asked = { n: '/noise', hot: '/hotPixels', mean: '/deep/0/mean', none: '/none', zero: '/zero' }
  expect(listed(numbersAt(result, asked))).toEqual({ n: 691.95, hot: 2, mean: -1500, none: 0, zero: 0, flaws: [] })
  const wrong = ['text', 'yes', 'nothing', 'huge', 'spaces', 'hex', 'missing']
  const { flaws, ...found } = listed(numbersAt(result, Object.fromEntries(wrong.map((one) => [one, `/${one}`]))))
  expect(found).toEqual({})
  expect(flaws).toHaveLength(wrong.length)
  expect(flaws[0]).toBe('text was not written: bright at /text is neither number nor list')
  expect(flaws.at(-1)).toBe('missing was not written: nothing stands at /missing')
})

describe('where nothing is asked for', () => {
  test('every number at the top is one, named after the camera', () => {
    const result = {
      noise: '691.95',
      hot_pixels: 3,
      meanOfRow: 2,
      list: [1],
      deep: { n: 1 },
      text: 'a',
      bad: Number.NaN,
    }
    expect(listed(numbersAtTop(result, 'door'))).toEqual({
      ...{ 'door-noise': 691.95, 'door-hot-pixels': 3, 'door-mean-of-row': 2 },
      flaws: [],
    })
    for (const other of [null, 3, '3', [1, 2], undefined]) expect(numbersAtTop(other, 'door').bySensor.size).toBe(0)
  })

  test('a name keeps its letters, spelt with those that a sensor may have, or is told', () => {
    const result = { Größe: 1, 'Mädchen & Söhne': 2, café: 3, 'cafe\u0301s': 4, 'a_(b)': 5, a温b: 6, Ωmega: 7 }
    expect(listed(numbersAtTop(result, 'door'))).toEqual({
      ...{ 'door-groesse': 1, 'door-maedchen-soehne': 2, 'door-cafe': 3, 'door-cafes': 4, 'door-a-b': 5 },
      flaws: [expect.stringContaining('a温b was not written'), expect.stringContaining('Ωmega was not written')],
    })
  })

  test('names that no sensor can have, the same name twice, and more than twenty are told', () => {
    const camera = 'a-camera-with-a-long-name'
    expect(listed(numbersAtTop({ ok: 1, much_too_long: 2 }, camera))).toEqual({
      [`${camera}-ok`]: 1,
      flaws: [expect.stringContaining(`${camera}-much-too-long is no name of a sensor`)],
    })
    expect(listed(numbersAtTop({ hotPixels: 1, hot_pixels: 2, '°': 3 }, 'door'))).toEqual({
      ...{ 'door-hot-pixels': 1 },
      flaws: [expect.stringContaining('door-hot-pixels already'), expect.stringContaining('no name of a sensor')],
    })
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`n${i}`, i]))
    const { flaws, ...found } = listed(numbersAtTop(many, 'door'))
    expect(Object.keys(found)).toHaveLength(20)
    expect(flaws).toHaveLength(20)
  })
})

test('the log says what was written, what was there, and what was not', async () => {
  const taken: string[] = []
  const readings = new TaskReadings({
    writers: {
      async keep(task, device, sensors) {
        taken.push(`${task} writes ${device}/${sensors}`)
      },
      takenFrom: async (_task, _device, sensors) => new Map(sensors.includes('theirs') ? [['theirs', 'other']] : []),
    },
    async take({ device, sensor, time, payload }) {
      taken.push(`${device}/${sensor}/${time} ${JSON.stringify(payload)}`)
      const refusal = {
        device,
        frame: sensor,
        key: null,
        code: 'too_many_sensors',
        reason: 'this device has 64',
      } as const
      if (sensor === 'full') return { kind: 'refused', refusal }
      const frame = { camera: `${device}/${sensor}`, capturedAt: Number(time) }
      return { kind: sensor === 'again' ? 'duplicate' : 'stored', frame }
    },
  })
  const write = async (more: Partial<Measured>) => {
    const said: string[] = []
    const log = (level: string, text: string) => void said.push(`${level}: ${text}`)
    const data = { kind: 'json', value: { a: 1, b: '2', list: [1, 2, 3] } }
    const written = await readings.write(
      { camera: 'pi/door', task: 'noise', at: 5, asked: undefined, data, ...more },
      { log },
    )
    return { ...written, said }
  }
  const flaws = [
    'gone was not written: nothing stands at /c',
    'theirs was not written: the task other writes that sensor: give it another name with readings',
    'full was not written: this device has 64 (too_many_sensors)',
  ]
  expect(await write({ asked: { new: '/a', again: '/b', full: '/list', gone: '/c', theirs: '/a' } })).toEqual({
    readings: { new: 1, again: 2 },
    unwritten: flaws,
    said: [
      ...flaws.map((flaw) => `warn: ${flaw}`),
      'info: readings of pi at 1970-01-01T00:00:00.005Z: new 1',
      'info: there already are the readings of pi at 1970-01-01T00:00:00.005Z: again 2',
    ],
  })
  expect(taken).toEqual([
    ...['pi/new/5 {"value":1}', 'pi/again/5 {"value":2}', 'pi/full/5 {"value":3}'],
    'noise writes pi/new,again',
  ])
  expect(await write({ data: { kind: 'image', width: 1, height: 1 } })).toEqual({
    readings: {},
    unwritten: [],
    said: ['info: no readings were written: its result is of kind image, and readings are taken from JSON'],
  })
  expect((await write({ data: null, asked: { new: '/a' } })).said).toEqual([
    'warn: no readings: its result is no JSON, and readings are taken from JSON',
  ])
})
