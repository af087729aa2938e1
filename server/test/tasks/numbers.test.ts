import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { pythonText } from '../../tasks/_numbers.ts'
import { chance } from '../operations/pictures.ts'

test('numbers are written as Python writes them', () => {
  const random = chance(3)
  const numbers = [
    0,
    -0,
    1,
    -1,
    0.5,
    1 / 3,
    1e15,
    1e16,
    123456789012345680,
    1e22,
    1e-4,
    1e-5,
    -1.5e-7,
    2 ** -1074,
    1.7976931348623157e308,
  ]
  for (let i = 0; i < 2000; i++) numbers.push((random() - 0.5) * 10 ** Math.round(60 * random() - 30))
  const script = 'import json, sys; print(json.dumps([repr(float.fromhex(one)) for one in sys.argv[1].split()]))'
  const theirs = JSON.parse(
    execFileSync('/usr/bin/python3', ['-c', script, numbers.map(hex).join(' ')], { encoding: 'utf8' }),
  )
  expect(numbers.map(pythonText)).toEqual(theirs)
  expect([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(pythonText)).toEqual([
    'nan',
    'inf',
    '-inf',
  ])
})

/** Without a rounding of either side. */
function hex(value: number): string {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  const [high, low] = [bits.getUint32(0), bits.getUint32(4)]
  const exponent = (high >>> 20) & 0x7ff
  const mantissa = (high & 0xfffff).toString(16).padStart(5, '0') + low.toString(16).padStart(8, '0')
  return `${high >>> 31 ? '-' : ''}0x${exponent ? 1 : 0}.${mantissa}p${exponent ? exponent - 1023 : -1022}`
}
