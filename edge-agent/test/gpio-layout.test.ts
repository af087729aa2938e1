import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as uapi from '../src/sensors/gpio/uapi.ts'
import { folderOf } from './places.ts'

/** Every size, offset, flag and request number that we use, as lines of C and as we have them. */
const ours: Record<string, number | bigint> = {}
for (const [struct, fields] of Object.entries(uapi.LAYOUT)) {
  for (const [field, at] of Object.entries(fields)) {
    const name = `struct ${struct}`
    ours[field === 'size' ? `sizeof(${name})` : `offsetof(${name}, ${field})`] = at
  }
}
for (const [flag, value] of Object.entries(uapi.FLAGS)) ours[`GPIO_V2_LINE_FLAG_${flag}`] = value
for (const [request, number] of Object.entries(uapi.REQUESTS)) ours[request] = number

/** Debian keeps what both widths share with the files of 64 bits. */
const HEADERS = ['-idirafter', '/usr/include/x86_64-linux-gnu']

test('structs are laid out as the C compiler does from linux/gpio.h, with 64 bits and with 32', async (context) => {
  const hasCompiler = spawnSync('which', ['gcc']).status === 0 && existsSync('/usr/include/linux/gpio.h')
  if (!hasCompiler) context.skip('there is no gcc with the headers of Linux: apt-get install gcc libc6-dev')
  const names = Object.keys(ours)
  const lines = names.map((name) => `printf("%llu\\n", (unsigned long long)(${name}));`)
  const program = `#include <stddef.h>\n#include <stdio.h>\n#include <linux/gpio.h>\nint main(void) { ${lines.join('\n')} }\n`
  const folder = await folderOf({ 'layout.c': program })
  execFileSync('gcc', ['-o', join(folder, 'layout'), join(folder, 'layout.c')])
  const theirs = execFileSync(join(folder, 'layout'), { encoding: 'utf8' }).trim().split('\n')
  expect(Object.fromEntries(names.map((name, i) => [name, theirs[i]]))).toEqual(
    Object.fromEntries(names.map((name) => [name, String(ours[name])])),
  )
  // Without a 32-bit libc nothing can be linked, but the compiler alone can judge; the header asks for no other.
  const asserts = names.map((name) => `_Static_assert((unsigned long long)(${name}) == ${ours[name]}ULL, "${name}");`)
  const check = `#include <linux/gpio.h>\n#define offsetof(a, b) __builtin_offsetof(a, b)\n${asserts.join('\n')}\n`
  for (const width of ['-m64', '-m32']) {
    const result = spawnSync('gcc', [width, ...HEADERS, '-fsyntax-only', '-x', 'c', '-'], {
      input: check,
      encoding: 'utf8',
    })
    expect(result.stderr, width).toBe('')
  }
})

test('a request has each value at its place and zeros elsewhere', () => {
  const flags = uapi.FLAGS.INPUT | uapi.FLAGS.EDGE_RISING | uapi.FLAGS.EDGE_FALLING | uapi.FLAGS.BIAS_PULL_UP
  const bytes = uapi.lineRequest.write({
    offset: 17,
    consumer: 'ajar',
    flags,
    debounceUs: 20_000,
    eventBufferSize: 256,
  })
  const written = [...bytes.entries()].filter(([, byte]) => byte !== 0)
  expect(written).toEqual([
    [0, 17],
    ...[...Buffer.from('ajar')].map((byte, i) => [256 + i, byte]),
    [288, 0b0011_0100],
    [289, 0b0000_0001],
    [296, 1],
    [320, 3],
    [328, 0x20],
    [329, 0x4e],
    [336, 1],
    [560, 1],
    [565, 1],
  ])
  bytes.writeInt32LE(9, 588)
  expect(uapi.lineRequest.fd(bytes)).toBe(9)
})

test('without debounce there is no attribute', () => {
  const bytes = uapi.lineRequest.write({ offset: 0, consumer: '', flags: 0n, debounceUs: 0, eventBufferSize: 0 })
  expect([...bytes.entries()].filter(([, byte]) => byte !== 0)).toEqual([[560, 1]])
})

test('a name that fills its field ends there', () => {
  const bytes = uapi.lineInfo.ask(3)
  bytes.fill('x', 0, 32)
  bytes.write('sysfs', 32)
  bytes[72] = 1
  expect(uapi.lineInfo.read(bytes)).toEqual({ name: 'x'.repeat(32), consumer: 'sysfs', used: true })
})

test('events are read one after the other, also many years after the start', () => {
  const bytes = uapi.lineEvents.bytesFor(4)
  const tenYearsNs = 315_576_000_123_456_789n
  bytes.writeBigUInt64LE(tenYearsNs, 0)
  bytes.writeUInt32LE(1, 8)
  bytes.writeUInt32LE(1, 20)
  bytes.writeBigUInt64LE(tenYearsNs + 1_000_000n, 48)
  bytes.writeUInt32LE(2, 56)
  bytes.writeUInt32LE(5, 68)
  expect(uapi.lineEvents.read(bytes, 96)).toEqual([
    { monotonicMs: 315_576_000_123.456, value: 1, sequence: 1 },
    { monotonicMs: 315_576_000_124.456, value: 0, sequence: 5 },
  ])
})
