import { rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { pluggedIn } from '../../test/setup/pty.ts'
import { systemClock } from '../src/clock.ts'
import { checkConfig, Sensors } from '../src/index.ts'
import type { SensorConfig } from '../src/sensors/drivers.ts'
import type { TakenReading } from '../src/sensors/loop.ts'
import { notebook, temporaryFolder, until } from './places.ts'

const least = { device: 'pi', token: 't', dataDir: 'unused', cameras: [{ name: 'cam', driver: 'synthetic' }] }

/** The sensors of the config as the agent runs them, with what they read. */
async function reading(fields: Record<string, unknown>) {
  const sensors = checkConfig({
    ...least,
    sensors: [{ name: 'csi', driver: 'serial', intervalMs: 20, ...fields }],
  }).sensors
  const log = notebook()
  const values: unknown[] = []
  const running = new Sensors({
    sensors: sensors as SensorConfig[],
    dataDir: 'unused',
    clock: systemClock,
    log,
    take: async ({ bytes }: TakenReading) => values.push(JSON.parse(new TextDecoder().decode(bytes)).value),
    onEdge: () => {},
    onFault: () => {},
  })
  await running.start()
  onTestFinished(() => running.close())
  return { values, log, fault: () => running.status.csi?.fault ?? null }
}

/** Writes a line again and again until something is so: the port may not be open yet. */
async function repeatedly(write: () => void, condition: () => boolean): Promise<void> {
  while (!condition()) {
    write()
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

test('each line is a reading, however its bytes come and its lines end; the end of a line it came into is none', async () => {
  const board = pluggedIn()
  board.write('0.5, 3]\r\n')
  const { values, log, fault } = await reading({ path: board.path })
  for (const part of ['[1, 2.5,', '-3]\r', '\n[4,5', ',6]\n']) {
    await new Promise((resolve) => setTimeout(resolve, 40))
    board.write(part)
  }
  await until(() => values.length === 2)
  board.write('3,[7,8,9]\n')
  await until(() => values.length === 3)
  await new Promise((resolve) => setTimeout(resolve, 40))
  board.write('[-61]\n')
  await until(() => values.length === 4)
  expect(values).toEqual([[1, 2.5, -3], [4, 5, 6], [7, 8, 9], -61])
  expect(log.lines.join()).not.toContain('no readings')
  expect(fault()).toBeNull()
})

test('rubbish between good lines is counted and no fault', async () => {
  const board = pluggedIn()
  const { values, log, fault } = await reading({ path: board.path })
  await repeatedly(
    () => board.write('[1,2]\n'),
    () => values.length > 0,
  )
  const rubbish = [
    'ets Jul 29 2019 12:21:46',
    '[1,"2"]',
    '[[1,2]]',
    '[]',
    '[1e999]',
    '4,[1,2]',
    '61',
    '\u0000\u00ff[1,',
    `[${'1,'.repeat(40_000)}1]`,
  ]
  for (const line of rubbish) {
    board.write(`${line}\n`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await repeatedly(
    () => board.write('[3,4]\n'),
    () => values.some((value) => JSON.stringify(value) === '[3,4]'),
  )
  expect(new Set(values.map((value) => JSON.stringify(value)))).toEqual(new Set(['[1,2]', '[3,4]']))
  expect(log.lines.filter((line) => line.includes('lines are no readings')).at(-1)).toContain('8 lines')
  expect(fault()).toBeNull()
})

test('a port that tells only rubbish, or nothing, is a fault that says what to look at', async () => {
  const [wrong, silent, babble] = [pluggedIn(), pluggedIn(), pluggedIn()]
  const all = await Promise.all([wrong, silent, babble].map(({ path }) => reading({ path, silentMs: 1000 })))
  await repeatedly(
    () => {
      wrong.write('hello\n')
      babble.write('x')
    },
    () => all.every(({ fault }) => fault() !== null),
  )
  expect(all[0]?.fault()).toMatch(/no reading for 1 s, but \d+ other lines, .*"hello": are baudRate and format right/)
  expect(all[1]?.fault()).toMatch(/nothing has come for 1 s/)
  expect(all[2]?.fault()).toMatch(/has no whole line: is baudRate right/)
})

test('a port that vanishes is told, and is read again when it is back', async () => {
  const path = join(await temporaryFolder(), 'port')
  const { values, fault } = await reading({ path })
  await until(() => fault() !== null)
  expect(fault()).toContain('there is no such device')
  const first = pluggedIn()
  await symlink(first.path, path)
  await repeatedly(
    () => first.write('[1]\n'),
    () => values.length > 0,
  )
  expect(fault()).toBeNull()
  first.unplug()
  await until(() => fault() !== null)
  expect(fault()).toMatch(/is gone/)
  const second = pluggedIn()
  await rm(path)
  await symlink(second.path, path)
  await repeatedly(
    () => second.write('[2]\n'),
    () => values.includes(2),
  )
  expect(fault()).toBeNull()
}, 30_000)

test('the channel of a packet is 53 amplitudes and 53 phases, of all its pairs or of those from the seventh on', async () => {
  const board = pluggedIn()
  const { values } = await reading({ path: board.path, format: 'csi' })
  const raw = Array.from({ length: 128 }, (_, i) => ((i * 37) % 256) - 128)
  const expected = [
    ...Array.from({ length: 53 }, (_, i) => Math.sqrt((raw[2 * (i + 6)] ?? 0) ** 2 + (raw[2 * (i + 6) + 1] ?? 0) ** 2)),
    ...Array.from({ length: 53 }, (_, i) => Math.atan2(raw[2 * (i + 6)] ?? 0, raw[2 * (i + 6) + 1] ?? 0)),
  ]
  const lines = [
    `128,${JSON.stringify(raw)}\n`,
    `${JSON.stringify(raw.slice(12, 118))}\n`,
    '[-61]\n',
    `[${'200,'.repeat(127)}1]\n`,
  ]
  await repeatedly(
    () => board.write(lines.join('')),
    () => values.length >= 4,
  )
  for (const value of values as number[][]) {
    expect(value).toHaveLength(106)
    for (const [i, one] of value.entries()) expect(one).toBeCloseTo(expected[i] ?? Number.NaN, 4)
  }
})

test('lines that come too fast are dropped, or averaged with the next, in the mean one each intervalMs', async () => {
  const [fast, even] = [pluggedIn(), pluggedIn()]
  const dropping = await reading({ path: fast.path, intervalMs: 200 })
  const averaging = await reading({ path: even.path, intervalMs: 200, surplus: 'average' })
  let count = 0
  const from = performance.now()
  await repeatedly(
    () => {
      count++
      fast.write('[1,5]\n')
      even.write(count % 2 ? '[0,10]\n' : '[2,20]\n')
    },
    () => Math.min(dropping.values.length, averaging.values.length) >= 6,
  )
  expect(dropping.values.length).toBeLessThanOrEqual((performance.now() - from) / 200 + 3)
  expect(count).toBeGreaterThan(12)
  const [, , third] = averaging.values as number[][]
  expect(third?.[0]).toBeGreaterThan(0.5)
  expect(third?.[0]).toBeLessThan(1.5)
  expect(third?.[1]).toBeCloseTo(10 + 5 * (third?.[0] ?? 0), 6)
  expect(dropping.log.lines.join()).toMatch(/lines came sooner than intervalMs and were dropped/)
})

test('what is no serial port, and a port that nobody has, are told of in words', async () => {
  const file = join(await temporaryFolder(), 'file')
  await writeFile(file, '[1]\n')
  const { fault } = await reading({ path: file })
  await until(() => fault() !== null)
  expect(fault()).toContain('is no serial port')
  expect(() => checkConfig({ ...least, sensors: [{ name: 'a', driver: 'serial', path: 'COM3' }] })).toThrow(
    /sensors\/0\/path must be such as \/dev\/ttyUSB0/,
  )
  const both = { name: 'a', driver: 'serial', path: '/dev/ttyUSB0', format: 'csi', surplus: 'average' }
  expect(() => checkConfig({ ...least, sensors: [both] })).toThrow(/sensors\/0 cannot average phases/)
})
