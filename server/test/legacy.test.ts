import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { LEGACY_ROUTES } from './legacy-paths.ts'
import { ADMIN_TOKEN, RunningServer } from './running-server.ts'

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
})

/** Sends a body as it is. @param type its Content-Type, or null for none at all */
async function post(path: string, body: string | Uint8Array, type: string | null = 'application/json') {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, ...(type === null ? {} : { 'content-type': type }) }
  const response = await fetch(server.url + path, { method: 'POST', headers, body: Buffer.from(body) })
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
}

async function get(path: string) {
  const response = await fetch(server.url + path, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
}

const json = (value: unknown) => JSON.stringify(value)
const LONGEST = 'x'.repeat(128)
const angles = [
  [-40, -41],
  [-42, -43.5],
]
const NO_DATA = 'Error, no data provided'
/** `[part][angle][subcarrier][point]` */
const csi = (points: number[] = [2, 3], subcarriers = 53) =>
  [0, 1].map((part) =>
    points.map((count, angle) =>
      Array.from({ length: subcarriers }, (_, i) => Array.from({ length: count }, (_, j) => part + angle * i + j / 8)),
    ),
  )
/** The same, with one place changed. */
const csiBut = (change: (data: unknown[][][][]) => void) => {
  const data = csi() as unknown[][][][]
  change(data)
  return data
}
const packet = Array.from({ length: 106 }, (_, i) => i / 8 - 3)
const MALFORMED = 'Malformed Packet Recieved'

/** What is sent, the status and the text. Every body goes once as it is and once as a JSON string that holds it. */
const POSTS: Record<string, [body: unknown, status: number, text: string][]> = {
  '/debug/post/enable_logging': [
    [{ ENABLED: 'True' }, 200, 'Successfully set ENABLED to True'],
    [{ ENABLED: 'False' }, 200, 'Successfully set ENABLED to False'],
    [{ ENABLED: 'False', more: 1 }, 200, 'Successfully set ENABLED to False'],
    [{}, 401, 'Error, no ENABLED provided'],
    [{ enabled: 'True' }, 401, 'Error, no ENABLED provided'],
    [{ ENABLED: null }, 401, 'Error, no ENABLED provided'],
    [[], 401, 'Error, no ENABLED provided'],
    [{ ENABLED: 'true' }, 401, 'ENABLED not a valid value'],
    [{ ENABLED: '' }, 401, 'ENABLED not a valid value'],
    [{ ENABLED: true }, 401, 'ENABLED not a valid value'],
  ],
  '/server/post/keep_alive': [
    [{ NAME: 'RPI 1', ID: 10522 }, 200, 'Success'],
    [{ NAME: 'RPI 1', ID: 0 }, 200, 'Success'],
    [{ NAME: LONGEST, ID: 32767 }, 200, 'Success'],
    [{}, 401, 'Error, no name provided'],
    [[], 401, 'Error, no name provided'],
    [{ ID: 10522 }, 401, 'Error, no name provided'],
    [{ NAME: '', ID: 1 }, 401, 'Error, no name provided'],
    [{ NAME: 1, ID: 1 }, 401, 'Error, no name provided'],
    [{ NAME: `${LONGEST}x`, ID: 1 }, 401, 'Error, no name provided'],
    [{ NAME: 'RPI 1' }, 402, 'Error, no id provided'],
    [{ NAME: 'RPI 1', ID: '10522' }, 402, 'Error, no id provided'],
    [{ NAME: 'RPI 1', ID: 1.5 }, 402, 'Error, no id provided'],
    [{ NAME: 'RPI 1', ID: -1 }, 402, 'Error, no id provided'],
    [{ NAME: 'RPI 1', ID: 32768 }, 402, 'Error, no id provided'],
    [{ NAME: 'RPI 1', ID: null }, 402, 'Error, no id provided'],
  ],
  '/training/post/train': [
    [{}, 401, 'Error, no type provided'],
    [{ DATA: angles }, 401, 'Error, no type provided'],
    [{ TYPE: null, DATA: angles }, 401, 'Error, no type provided'],
    [{ TYPE: 'RSSI' }, 402, 'Error, no data provided'],
    [{ TYPE: 'WIFI' }, 402, 'Error, no data provided'],
    [{ TYPE: 'WIFI', DATA: angles }, 403, "Error, data type specified doesn't exist"],
    [{ TYPE: 'toString', DATA: angles }, 403, "Error, data type specified doesn't exist"],
    [{ TYPE: 1, DATA: angles }, 403, "Error, data type specified doesn't exist"],
    [{ TYPE: 'RSSI', DATA: 'angles' }, 402, NO_DATA],
    [{ TYPE: 'RSSI', DATA: null }, 402, NO_DATA],
    [{ TYPE: 'RSSI', DATA: [] }, 402, NO_DATA],
    [{ TYPE: 'RSSI', DATA: [[1, '2']] }, 402, NO_DATA],
    [{ TYPE: 'RSSI', DATA: [[1, 2], []] }, 402, NO_DATA],
    [{ TYPE: 'RSSI', DATA: [[1, 2], 3] }, 402, NO_DATA],
    [
      {
        TYPE: 'RSSI',
        DATA: [
          [1, 2],
          [3, 1e16],
        ],
      },
      402,
      NO_DATA,
    ],
    [{ TYPE: 'RSSI', DATA: [angles, angles] }, 402, NO_DATA],
    [{ TYPE: 'CSI', DATA: angles }, 402, NO_DATA],
    [{ TYPE: 'CSI', DATA: [[angles], [angles], [angles]] }, 402, NO_DATA],
    [{ TYPE: 'CSI', DATA: [[angles], [angles]] }, 402, NO_DATA],
    [{ TYPE: 'CSI', DATA: csi([2, 3], 32) }, 402, NO_DATA],
    [{ TYPE: 'CSI', DATA: csi().slice(1) }, 402, NO_DATA],
    [{ TYPE: 'CSI', DATA: [csi()[0], csi([2, 3, 4])[1]] }, 402, NO_DATA],
    [{ TYPE: 'CSI', DATA: [csi()[0], csi([2, 4])[1]] }, 402, NO_DATA],
    [{ TYPE: 'CSI', DATA: csiBut(([phases]) => phases?.[1]?.[5]?.pop()) }, 402, NO_DATA],
    [{ TYPE: 'CSI', DATA: csiBut((data) => data[1]?.push([])) }, 402, NO_DATA],
    [{ TYPE: 'CSI', DATA: csiBut(([phases]) => phases?.[1]?.[52]?.splice(1, 1, '0.5')) }, 402, NO_DATA],
    [{ TYPE: 'CSI', DATA: csiBut(([phases]) => phases?.[0]?.[7]?.splice(0, 1, [1])) }, 402, NO_DATA],
    [{ TYPE: 'CSI', DATA: csiBut(([phases]) => phases?.[0]?.[7]?.splice(0, 1, null)) }, 402, NO_DATA],
    [{ TYPE: 'RSSI', DATA: [[1, 2]] }, 400, 'Error, DATA has one angle: at least 2 are needed to tell them apart'],
    [{ TYPE: 'RSSI', DATA: [[1, 2], [3]] }, 400, 'Error, angle 15 has 1 point, at least 2 are needed'],
    [{ TYPE: 'CSI', DATA: csi([1, 3]) }, 400, 'Error, angle 0 has 1 point, at least 2 are needed'],
    [{ TYPE: 'RSSI', DATA: Array(33).fill([1, 2]) }, 400, 'Error, DATA has 33 angles: at most 32'],
    [
      { TYPE: 'RSSI', DATA: [[1, 2], Array(20_000).fill(-40)] },
      413,
      'Error, DATA has 20002 points: at most 20000 of all angles together, send fewer of each',
    ],
    [{ TYPE: 'CAMERA', DATA: 7 }, 402, 'Error, no data provided'],
    [{ TYPE: 'CAMERA', DATA: 'pi/none' }, 404, 'the camera pi/none does not exist'],
  ],
  '/ml/post/inference': [
    [{}, 400, MALFORMED],
    [[], 400, MALFORMED],
    [{ payload: null }, 400, MALFORMED],
    [{ payload: '' }, 400, MALFORMED],
    [{ payload: 'packet' }, 400, MALFORMED],
    [{ payload: 106 }, 400, MALFORMED],
    [{ payload: {} }, 400, MALFORMED],
    [{ payload: [] }, 400, MALFORMED],
    [{ payload: packet.slice(1) }, 400, MALFORMED],
    [{ payload: [...packet, 1] }, 400, MALFORMED],
    [{ payload: json(packet.slice(1)) }, 400, MALFORMED],
    [{ payload: `128,${json(packet)}` }, 400, MALFORMED],
    [{ payload: json(packet).slice(1, -1) }, 400, MALFORMED],
    [{ payload: json(packet).replace('1', 'NaN') }, 400, MALFORMED],
    [{ payload: json(packet).replace('1', '1e999') }, 400, MALFORMED],
    [{ payload: [...packet.slice(1), null] }, 400, MALFORMED],
    [{ payload: [...packet.slice(1), 1e16] }, 400, MALFORMED],
    [{ payload: packet.map(String) }, 400, MALFORMED],
    [{ payload: packet.map((one) => [one]) }, 400, MALFORMED],
    [{ payload: [packet] }, 400, MALFORMED],
    [{ payload: json([packet]) }, 400, MALFORMED],
    [{ payload: '['.repeat(1000) + ']'.repeat(1000) }, 400, MALFORMED],
    [{ payload: json(Array(9000).fill(0)) }, 400, MALFORMED],
  ],
}

/** What is answered to a body that is no JSON, and to one that holds nothing by the name that is looked for. */
const NOT_JSON: Record<string, string> = { '/ml/post/inference': MALFORMED }
const NOTHING: Record<string, number> = { '/ml/post/inference': 400 }

describe.each(Object.entries(POSTS))('%s', (path, lines) => {
  test.each(lines)('%j -> %i %s', async (body, status, text) => {
    const expected = { status, type: 'text/html; charset=utf-8', text }
    expect(await post(path, json(body))).toEqual(expected)
    expect(await post(path, json(json(body)))).toEqual(expected)
  })

  test.each([
    ['nothing', ''],
    ['half of it', '{"NAME":"RPI 1"'],
    ['words', 'NAME=RPI 1&ID=10522'],
    ['bytes', Buffer.from([0xff, 0xd8, 0, 1])],
  ])('%s is not JSON', async (_, body) => {
    expect(await post(path, body)).toEqual({
      status: 400,
      type: 'text/html; charset=utf-8',
      text: NOT_JSON[path] ?? 'Error, not valid JSON',
    })
  })

  test.each(['5', 'null', 'true', '"words"', '[1]', '"\\"twice\\""'])('%s holds nothing by a name', async (body) => {
    expect((await post(path, body)).status).toBe(NOTHING[path] ?? 401)
  })

  test.each([null, 'text/plain', 'application/x-www-form-urlencoded', 'image/jpeg', 'json', ''])(
    'the Content-Type %j is as good as any',
    async (type) => {
      const [[body, status, text] = []] = lines
      expect(await post(path, json(body), type)).toMatchObject({ status, text })
    },
  )
})

describe('/debug/post/echo', () => {
  test.each(['{"a":[1,{"b":null}]}', ' [1, 2.50] ', '12345678901234567890', 'null', '"words"', '"5"', '""'])(
    '%s comes again as it was',
    async (body) => {
      const expected = { status: 200, type: 'application/json; charset=utf-8', text: body }
      expect(await post('/debug/post/echo', body)).toEqual(expected)
      expect(await post('/debug/post/echo', body, null)).toEqual(expected)
    },
  )

  test('what was encoded twice comes again as what it holds', async () => {
    expect(await post('/debug/post/echo', json('{"a": 1}'))).toMatchObject({ status: 200, text: '{"a": 1}' })
    expect(await post('/debug/post/echo', json('[]'))).toMatchObject({ text: '[]' })
  })

  test('what is no JSON is refused, and what is too long', async () => {
    expect(await post('/debug/post/echo', '{')).toMatchObject({ status: 400, text: 'Error, not valid JSON' })
    const long = await post('/debug/post/echo', json('x'.repeat(64 * 1024)))
    expect(long).toMatchObject({ status: 413, type: 'text/html; charset=utf-8' })
    expect((await post('/debug/post/echo', json('x'.repeat(64 * 1024 - 2)))).status).toBe(200)
  })
})

test.each([
  ['/server/post/keep_alive', 4 * 1024],
  ['/debug/post/enable_logging', 4 * 1024],
])('%s takes %i bytes and no more', async (path, most) => {
  expect((await post(path, json('x'.repeat(most - 2)))).status).toBe(401)
  expect(await post(path, json('x'.repeat(most)))).toMatchObject({ status: 413, type: 'text/html; charset=utf-8' })
})

describe('GET', () => {
  const version = async (path: string) => JSON.parse(await readFile(path, 'utf8')).version
  const tensorflow = 'models/node_modules/@tensorflow/tfjs-core/package.json'

  test.each([
    ['/debug/get/exists', async () => 'Success'],
    ['/debug/get/exists/', async () => 'Success'],
    ['/debug/get/version', () => version('server/package.json')],
    ['/debug/get/version/server', () => version('server/package.json')],
    ['/debug/get/version/tf_model_handler', () => version('models/package.json')],
    ['/debug/get/version/tensorflow', () => version(tensorflow)],
    ['/debug/get/training_failure', async () => '<TRAINING NOT FAILED YET>'],
    ['/training/get/training_status', async () => 'MODEL_DOESNT_EXIST'],
    ['/training/get/training_status?camera=pi/none', async () => 'MODEL_DOESNT_EXIST'],
    ['/training/get/training_time', async () => '0.0'],
    ['/ml/get/inference_results', async () => 'DATA NOT AVAILABLE'],
    ['/ml/get/test_predicition_results', async () => 'DATA NOT AVAILABLE'],
    ['/ml/get/test_prediction_results', async () => 'DATA NOT AVAILABLE'],
  ])('%s', async (path, text) => {
    const expected = { status: 200, type: 'text/html; charset=utf-8', text: await text() }
    expect(await get(path)).toEqual(expected)
    expect(await get(`${path}${path.includes('?') ? '&' : '?'}_=123&camera2=`)).toEqual(expected)
  })

  test('the time is local and has no leading zeros', async () => {
    const { text } = await get('/debug/get/time')
    const [, month, day, year, hour, minute, second] = /^(\d+)-(\d+)-(\d{4}) (\d+):(\d+):(\d+)$/.exec(text) ?? []
    const at = new Date(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
    expect(text).toBe(
      `${at.getMonth() + 1}-${at.getDate()}-${at.getFullYear()} ${at.getHours()}:${at.getMinutes()}:${at.getSeconds()}`,
    )
    expect(Math.abs(Date.now() - at.getTime())).toBeLessThan(60_000)
  })
})

test("the log's file is switched on and off", async () => {
  for (const enabled of [true, false, true]) {
    await post('/debug/post/enable_logging', json({ ENABLED: enabled ? 'True' : 'False' }))
    expect((await server.call('GET', '/api/logging')).body.file.enabled).toBe(enabled)
  }
})

test('every path stands in the documentation, under its own tag', async () => {
  const { paths } = (await server.call('GET', '/docs/json')).body
  const tagged = Object.entries(paths as Record<string, Record<string, { tags?: string[] }>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods)
        .filter(([, { tags }]) => tags?.includes('legacy'))
        .map(([method]) => `${method.toUpperCase()} ${path}`),
  )
  expect(tagged.sort()).toEqual(Object.keys(LEGACY_ROUTES).sort())
})
