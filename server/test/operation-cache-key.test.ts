import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { operationCacheKey, pythonJson } from '../src/datasessions/operation-cache-key.ts'

/** Debian's, whose `json.dumps` is what the older server's keys were made with. */
const PYTHON = '/usr/bin/python3'
const SCRIPT = `
import hashlib, json, sys
def whole(value):
    # 255.0 and 255 are one number to us
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16: return int(value)
    # and whole numbers from 1e16 on are such as JavaScript cannot count with: floats
    if type(value) is int and abs(value) >= 1e16: return float(value)
    if isinstance(value, list): return [whole(one) for one in value]
    if isinstance(value, dict): return {key: whole(one) for key, one in value.items()}
    return value
answers = []
for name, data in json.load(sys.stdin):
    data = whole(data)
    for key, value in data.items():
        if isinstance(value, list) and all(isinstance(one, dict) and 'basename' in one for one in value):
            value.sort(key=lambda one: one['basename'])
    text = json.dumps(sorted(data.items()), sort_keys=True)
    answers.append([text, hashlib.sha256((name + '_' + text).encode()).hexdigest()])
print(json.dumps(answers))
`

const INPUTS: [string, Record<string, unknown>][] = [
  ['SampleDataOperation', { input_files: [], input_number: 1, input_string: 'test' }],
  ['Median', {}],
  ['Median', { b: 1, a: 2, B: 3, _: 4, '10': 5, '9': 6 }],
  [
    'Median',
    {
      input_files: [
        { source: 'archive', basename: 'b', type: 'fits' },
        { basename: 'a', source: 'archive', zmax: 255.5, deep: { z: 1, a: [{ y: 1, b: null }] } },
        { basename: 'B', source: 'datalab' },
      ],
    },
  ],
  ['ünï', { text: 'Tür öffnet — 開く 🚪 \u007f\u0000\u001f"\\/\b\f\n\r\t', 'schlüssel 🔑': true }],
  ['astral order', { '🚪': 1, '\ufffd': 2, '\ud7ff': 3, files: [{ basename: '\u{1f6aa}' }, { basename: '\uffee' }] }],
  ['numbers', { list: [0, -1, 1.5, 0.1, 1e-4, 1e-5, 1.25e-7, 1e-7, -2.5e-10, 1e15, 123456789012345.6] }],
  ['numbers', { list: [1.5e16, 1e22, 1.7976931348623157e308, 5e-324, 0.30000000000000004, 9007199254740991] }],
  ['nothing', { none: null, yes: true, no: false, empty: {}, list: [[], [[]]] }],
]

test('the known value', () => {
  const key = operationCacheKey('SampleDataOperation', { input_string: 'test', input_files: [], input_number: 1 })
  expect(key).toBe('9c8d4f7c82d357c95416c43560d0a1f66f1b2e3cb6a39c0c8a004ee162482ea7')
})

test('as Python writes and sorts it', () => {
  const { stdout, stderr } = spawnSync(PYTHON, ['-c', SCRIPT], { input: JSON.stringify(INPUTS), encoding: 'utf8' })
  expect(stderr).toBe('')
  const answers = JSON.parse(stdout) as [string, string][]
  expect(answers).toHaveLength(INPUTS.length)
  expect(INPUTS.map(([name, data]) => operationCacheKey(name, data))).toEqual(answers.map(([, key]) => key))
})

test('numbers as Python writes floats', () => {
  expect([1e-7, 1e-4, 1e16, -0, 1e21, 1.5e300].map(pythonJson)).toEqual([
    '1e-07',
    '0.0001',
    '1e+16',
    '0',
    '1e+21',
    '1.5e+300',
  ])
})

test('255 and 255.0 are one number, and so what was asked for', () => {
  const [one, other] = ['{"threshold": 255}', '{"threshold": 255.0}'].map((text) => JSON.parse(text))
  expect(operationCacheKey('Threshold', one)).toBe(operationCacheKey('Threshold', other))
  expect(operationCacheKey('Threshold', { threshold: 255.5 })).not.toBe(operationCacheKey('Threshold', one))
})

test('the order of files and of keys does not count, their number does', () => {
  const [a, b] = [
    { basename: 'a', source: 'archive' },
    { source: 'archive', basename: 'b' },
  ]
  const key = operationCacheKey('Median', { input_files: [a, b] })
  expect(operationCacheKey('Median', { input_files: [b, { source: 'archive', basename: 'a' }] })).toBe(key)
  expect(operationCacheKey('Median', { input_files: [a, b, b] })).not.toBe(key)
  expect(operationCacheKey('Stacking', { input_files: [a, b] })).not.toBe(key)
})
