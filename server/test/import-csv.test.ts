import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lengthOf, plainView } from '@ajar/models'
import { expect, onTestFinished, test } from 'vitest'
import { importCsv } from '../src/training/labels/csv/import-csv.ts'
import type { ImportedItem, ImportMessage, ImportTask } from '../src/training/labels/import-messages.ts'
import { CSI_CSV, needsCsi } from './csi-data.ts'
import { temporaryFolder } from './temporary-folder.ts'

const NOW = Date.UTC(2026, 0, 2)

/** What the task tells of a file. */
async function told(csv: string | Uint8Array, given: Partial<ImportTask> = {}) {
  const path = join(await temporaryFolder(onTestFinished), 'some.csv')
  await writeFile(path, csv)
  return toldOf(path, given)
}

async function toldOf(path: string, given: Partial<ImportTask> = {}) {
  const task: ImportTask = {
    ...{
      path,
      states: [],
      addStates: false,
      exactly: false,
      vector: null,
      length: given.vector ? lengthOf(given.vector) : null,
      endAt: NOW,
    },
    ...{ maxFrameBytes: 1, maxTotalBytes: 1 },
    ...given,
  }
  const messages: ImportMessage[] = []
  await importCsv(task, (async function* () {})(), async (message) => void messages.push(message))
  const of = <Kind extends ImportMessage['kind']>(kind: Kind) =>
    messages.filter((one): one is Extract<ImportMessage, { kind: Kind }> => one.kind === kind)
  const items: ImportedItem[] = of('labelled').flatMap((one) => one.items)
  return { plan: of('plan')[0], items, left: of('left_out'), more: of('more_left_out'), messages }
}

test('the real set of a Wi-Fi channel comes in whole: 2,197 packets of 53 amplitudes and 53 phases, at seven angles', async (context) => {
  needsCsi(context)
  const { plan, items, left } = await toldOf(CSI_CSV)
  expect(plan).toEqual({
    kind: 'plan',
    states: ['0', '15', '30', '45', '60', '75', '90'],
    items: 2197,
    vector: {
      parts: [
        { name: 'amplitude', length: 53, kind: 'value' },
        { name: 'phase', length: 53, kind: 'phase' },
      ],
      window: 1,
    },
  })
  expect(left).toEqual([])
  expect(items).toHaveLength(2197)
  expect(items[0]?.content.slice(0, 3)).toEqual([20.125, 18.385, 20.125])
  expect(items[0]?.content).toHaveLength(106)
  // 50 ms apart, the last one now.
  expect(items.map(({ capturedAt }) => capturedAt)).toEqual(items.map((_, i) => NOW - (2196 - i) * 50))
})

test('byte order mark, CRLF, quotes, an index without a name, labels like 15.0, and columns in any order', async () => {
  const csv = '\uFEFF,"a_phase","b, c_mag",Label,z,a_mag\r\n0,"1",2,15.0,3,4\r\n\r\n1,-.5,"1e3",15,"+7",8.'
  const { plan, items, left } = await told(csv)
  expect(plan?.states).toEqual(['15'])
  expect(plan?.vector?.parts).toEqual([
    { name: 'amplitude', length: 2, kind: 'value' },
    { name: 'phase', length: 1, kind: 'phase' },
    { name: 'value', length: 1, kind: 'value' },
  ])
  expect(items.map(({ file, content }) => [file, content])).toEqual([
    ['line 2', [2, 4, 1, 3]],
    ['line 4', [1000, 8, -0.5, 7]],
  ])
  expect(left).toMatchObject([{ file: 'column 1', reason: expect.stringMatching(/no name/) }])
})

test('a line that cannot be used is left out, and said why; the others come in', async () => {
  const lines = [
    'x1,Label,x2',
    '1,open,2',
    '1,open',
    '1,open,NaN',
    '1,open,door',
    '1,open,',
    '1,,2',
    '1,unknown,2',
    '1,-15,2',
    '1,7.5,2',
    '1,open,1e999',
    '1,open,0x10',
    '3,Half open,4',
    '5,unclear,6',
  ]
  const { plan, items, left } = await told(lines.join('\n'))
  expect(plan).toMatchObject({ states: ['half-open', 'open'], items: 3 })
  expect(items.map(({ state, content }) => [state, content])).toEqual([
    ['open', [1, 2]],
    ['half-open', [3, 4]],
    ['unclear', [5, 6]],
  ])
  const reasons = left.map(({ file, reason }) => `${file}: ${reason}`)
  expect(reasons).toEqual([
    expect.stringMatching(/line 3: it has 2 columns, and the first line 3/),
    expect.stringMatching(/line 4: x2 is no number: NaN/),
    expect.stringMatching(/line 5: x2 is no number: door/),
    expect.stringMatching(/line 6: x2 is no number: there is nothing/),
    expect.stringMatching(/line 7: it has no label/),
    expect.stringMatching(/line 8: `unknown` is what ajar says itself/),
    expect.stringMatching(/line 9: -15 cannot name a state/),
    expect.stringMatching(/line 10: 7.5 cannot name a state/),
    expect.stringMatching(/line 11: x2 is no number: 1e999/),
    expect.stringMatching(/line 12: x2 is no number: 0x10/),
  ])
})

test('times are those of the file, in milliseconds or ISO 8601; two of one time are two readings', async () => {
  const { items, left } = await told(
    'at,Label,x\n1767312000000,a,1\n2026-01-02T00:00:01Z,a,2\n2026-01-02 00:00:02,b,3\n1767312000000,b,4\nsoon,b,5\n1971-01-01,b,6',
  )
  expect(items.map(({ capturedAt }) => capturedAt - NOW)).toEqual([0, 1000, 2000, 1])
  expect(left.map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/soon is no time/),
    expect.stringMatching(/before 2000/),
  ])
})

test.each([
  ['no header', '0,1,2\n15,3,4', 'bad_header', /no header/],
  ['no label', 'a,b\n1,2', 'bad_header', /no column Label/],
  ['no number', 'Label\n1', 'bad_header', /no column besides Label/],
  ['a column twice', 'Label,a,a\n1,2,3', 'bad_header', /a is there twice/],
  ['other separators', 'Label;a\n1;2', 'bad_header', /separated by commas/],
  ['nothing', '', 'bad_header', /empty/],
  ['a header alone', 'Label,a\n', 'no_readings', /no line after the first/],
  ['no line of use', 'Label,a\n1,x\n2,y', 'no_readings', /none of its 2 lines can be used; line 2: a is no number: x/],
  ['an open quote', 'Label,a\n1,2\n"1,2\n', 'bad_csv', /line 3 is never closed/],
  ['no text', new Uint8Array([0x50, 0x4b, 3, 4, 0xff, 0xfe, 0, 0]), 'bad_csv', /UTF-8/],
  ['a line without end', `Label,a\n1,${'1'.repeat(300_000)}`, 'bad_csv', /line 2 has more than/],
  ['too many columns', `Label,${Array.from({ length: 4097 }, (_, i) => `c${i}`)}\n`, 'bad_header', /4097 columns/],
])('refused as a whole: %s', async (_, csv, code, message) => {
  await expect(told(csv)).rejects.toMatchObject({ code, fault: 'caller', message: expect.stringMatching(message) })
})

test('states and length are those of the sensor, where it has any', async () => {
  const csv = 'Label,a_mag,b_mag\nopen,1,2\najar,3,4'
  await expect(told(csv, { states: ['open', 'closed'] })).rejects.toMatchObject({ code: 'unknown_state' })
  const { plan } = await told(csv, { states: ['open', 'closed'], addStates: true })
  expect(plan?.states).toEqual(['open', 'closed', 'ajar'])
  expect((await told(csv, { states: ['open', 'closed'], exactly: true })).plan?.states).toEqual(['ajar', 'open'])
  await expect(told(csv, { vector: plainView(3) })).rejects.toMatchObject({
    code: 'other_length',
    message: expect.stringMatching(/2 numbers.* has 3/),
  })
  // What the first reading said of itself is no more than how long it is.
  const seen = await told(csv, { vector: { ...plainView(2), window: 8 } })
  expect(seen.plan?.vector).toEqual({ parts: [{ name: 'amplitude', length: 2, kind: 'value' }], window: 8 })
  const own = { parts: [1, 2].map((n) => ({ name: `part-${n}`, length: 1, kind: 'value' as const })), window: 2 }
  const kept = (await told(csv, { vector: own })).plan?.vector
  expect(kept).toEqual(own)
  expect(kept && lengthOf(kept)).toBe(2)
})

test('of many lines that are left out a hundred are told, and all are counted; much is told in parts', async () => {
  const lines = Array.from({ length: 1000 }, (_, i) => (i % 2 ? `open,${i}` : 'open,x'))
  const { items, left, more, messages } = await told(['Label,a', ...lines].join('\n'))
  expect(items).toHaveLength(500)
  expect(left).toHaveLength(100)
  expect(more).toEqual([{ kind: 'more_left_out', count: 400 }])
  for (const message of messages) if (message.kind === 'labelled') expect(message.items.length).toBeLessThanOrEqual(128)
})
