import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MOST_STATUS_BYTES, Status } from '@ajar/protocol'
import { Value } from 'typebox/value'
import { expect, test } from 'vitest'
import { Outbox } from '../src/outbox/outbox.ts'
import { type StatusParts, statusOf } from '../src/status.ts'
import { connected } from './connected-agent.ts'
import { folderOf, quiet, temporaryFolder, until } from './places.ts'

const name = (kind: string, i: number) => `${kind}-`.padEnd(29, 'x') + String(i).padStart(3, '0')
const upTo64 = Array.from({ length: 64 }, (_, i) => i)

/** An agent with as much as it may have, where every sensor fails. */
function partsWith(fault: string, sensors = 64): StatusParts {
  const counts = { driver: 'http-snapshot', captured: 1e9, gated: 1e9, sent: 1e9, dropped: 1e9, fault }
  const capture = { driver: 'http-snapshot', counts, refused: 1e9 }
  const outbox = { frames: 1e6, readings: 1e6, bytes: 1e12, dropped: 1e9, oldestMs: 1.8e12, parked: 0 }
  const failing = { driver: 'cpu-temperature', unit: '°C', fault }
  return {
    startedAtMs: 1.8e12,
    outbox,
    intake: { untimed: 0 },
    captures: new Map(upTo64.map((i) => [name('camera', i), capture])),
    sensors: Object.fromEntries(upTo64.slice(0, sensors).map((i) => [name('sensor', i), failing])),
    ended: upTo64.map((i) => name('camera', i)),
    fault,
  } as unknown as StatusParts
}

test.each(['e', '漢', '\u0001'])(
  '64 cameras and 64 sensors that all fail fit into what the server keeps: faults of %j',
  async (letter) => {
    const status = statusOf(partsWith(letter.repeat(256)))
    expect(Buffer.byteLength(JSON.stringify(status))).toBeLessThanOrEqual(MOST_STATUS_BYTES)
    expect(Value.Check(Status, status)).toBe(true)
    expect(Object.keys(status.captures ?? {})).toHaveLength(64)
    const faults = Object.values(status.sensors ?? {}).map(({ fault }) => fault)
    expect(faults).toEqual(upTo64.map(() => expect.stringMatching(`^${letter}{12,}$`)))
  },
)

test('where there is room faults are told whole', async () => {
  const status = statusOf(partsWith('e'.repeat(256), 8))
  expect(Object.values(status.sensors ?? {}).map(({ fault }) => fault)).toEqual(Array(8).fill('e'.repeat(256)))
})

test('what an earlier run left is sent and not counted: captured, gated and sent are of this run, which has its time', async () => {
  const dataDir = await temporaryFolder()
  const left = new Outbox({ folder: join(dataDir, 'outbox'), limits: { maxBytes: 1e9, maxFrames: 100 }, log: quiet })
  await left.start()
  const before = Date.now()
  for (let i = 5; i > 0; i--)
    await left.put({ kind: 'frame', source: 'cam', atMs: before - i }, Buffer.from(`left ${i}`))
  await left.close()
  const path = await folderOf({ 'a.jpg': 'a', 'b.jpg': 'b' })
  const { agent, framesOf, countsOf } = await connected([{ name: 'cam', driver: 'folder', path, speed: 'max' }], {
    dataDir,
  })
  await until(() => framesOf('cam') === 7)
  let status = await agent.status()
  for (; status.outboxFrames !== 0; status = await agent.status())
    await new Promise((resolve) => setTimeout(resolve, 10))
  expect(await countsOf('cam')).toMatchObject({ captured: 2, gated: 0, sent: 2, dropped: 0 })
  expect(status.startedAtMs).toBeGreaterThanOrEqual(before - 1)
  expect(status.startedAtMs).toBeLessThanOrEqual(Date.now() + 1)
})

test('a first frame, and settings that were applied, are told before the next status is due', async () => {
  const path = await folderOf({})
  const cameras = [{ name: 'cam', driver: 'folder', path, intervalMs: 10, loop: true }]
  const { broker, settle, log } = await connected(cameras, { statusIntervalMs: 3_600_000 })
  const told = () => JSON.parse(broker.retained.get('ajar/pi/status') ?? '{}')
  await until(() => told().captures?.cam.fault !== null && told().captures !== undefined)
  await writeFile(join(path, 'a.jpg'), 'a')
  await until(() => told().captures?.cam.captured > 0)
  const before = told().captures.cam.captured
  await settle({ cameras: { cam: { gate: {} } } })
  await until(() => told().captures.cam.captured > before)
  expect(log.lines.join()).toContain('trying again')
})
