import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Access,
  checkConfig,
  createAgent,
  openLine,
  renderDoor,
  Sensors,
  systemClock,
  type TakenReading,
} from '@ajar/edge-agent'
import { SimulatedChip } from './simulated-chip.ts'
import type { Story, Teller } from './stories.ts'

/** The agent's sensors on simulated lines: what becomes of edges and faults. */

const PI_4 = 'pinctrl-bcm2711'

/** Runs sensors as the agent does, from its config on; notes their readings instead of sending them. */
async function run(written: Record<string, unknown>[], { saw, undo }: Teller) {
  const readings: { source: string; value: unknown; important: boolean }[] = []
  const edges: number[] = []
  const camera = { name: 'cam', driver: 'synthetic' }
  const { sensors = [] } = checkConfig({
    device: 'pi',
    token: 't',
    dataDir: '/run',
    cameras: [camera],
    sensors: written,
  })
  const running = new Sensors({
    sensors,
    dataDir: '/run',
    clock: systemClock,
    log: { info: saw, warn: saw },
    take: async ({ source, bytes, important }: TakenReading) => {
      readings.push({ source, important, ...JSON.parse(new TextDecoder().decode(bytes)) })
    },
    onEdge: ({ monotonicMs }) => edges.push(monotonicMs),
    onFault: () => {},
  })
  await running.start()
  undo(() => running.close())
  return { running, readings, edges }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10)
}

const contact = (name: string, line: string, access: Access) => ({
  name,
  driver: 'gpio',
  line,
  chip: PI_4,
  bias: 'none',
  access,
  values: ['closed', 'open'],
})

const both: Record<string, (access: 'chardev' | 'sysfs', teller: Teller) => Promise<void>> = {
  'a contact tells its state, and each change as something that matters': async (access, teller) => {
    const pi = new SimulatedChip(PI_4)
    teller.undo(() => pi.remove())
    const { readings, edges, running } = await run([contact('door', 'GPIO17', access)], teller)
    await until(() => readings.length === 1)
    pi.set(17, 1)
    await until(() => readings.length === 2)
    pi.set(17, 0)
    await until(() => readings.length === 3)
    assert.deepEqual(readings, [
      { source: 'door', value: 'closed', important: false },
      { source: 'door', value: 'open', important: true },
      { source: 'door', value: 'closed', important: true },
    ])
    assert.equal(edges.length, 2)
    assert.deepEqual(running.status, { door: { driver: 'gpio', unit: null, fault: null } })
  },

  'a busy line is a fault of its sensor alone, and ends when the line is free': async (access, teller) => {
    const pi = new SimulatedChip(PI_4)
    teller.undo(() => pi.remove())
    const request = { line: 'GPIO4', chip: PI_4, offset: null, bias: 'none', activeLow: false, debounceMs: 0 } as const
    const log = { info: teller.saw, warn: teller.saw }
    const holder = await openLine(request, 'chardev', { clock: systemClock, log })
    teller.undo(() => holder.close())
    const { readings, running } = await run(
      [contact('free', 'GPIO17', access), contact('held', 'GPIO4', access)],
      teller,
    )
    await until(() => readings.length === 1 && running.status.held?.fault !== null)
    assert.equal(running.status.free?.fault, null)
    assert.match(running.status.held?.fault ?? '', /GPIO4 of pinctrl-bcm2711 is in use by/)
    await holder.close()
    await until(() => readings.length === 2)
    assert.deepEqual(readings.at(-1), { source: 'held', value: 'closed', important: false })
    assert.equal(running.status.held?.fault, null)
  },

  'a chip that vanishes is a fault, not a 0, and is read again when it is back': async (access, teller) => {
    const pi = new SimulatedChip(PI_4)
    teller.undo(() => pi.remove())
    pi.set(17, 1)
    const { readings, running } = await run([contact('door', 'GPIO17', access)], teller)
    await until(() => readings.length === 1)
    pi.unplug()
    await until(() => running.status.door?.fault !== null)
    assert.equal(readings.length, 1)
    pi.plug()
    pi.set(17, 1)
    await until(() => readings.length === 2)
    assert.deepEqual(
      readings.map(({ value }) => value),
      ['open', 'open'],
    )
    assert.equal(running.status.door?.fault, null)
  },
}

const whole: Story = async (teller) => {
  const pi = new SimulatedChip(PI_4)
  teller.undo(() => pi.remove())
  mkdirSync('/run/pictures')
  writeFileSync(
    '/run/pictures/still.jpg',
    await renderDoor({ seed: 1, atMs: 0, width: 64, height: 64, dayMs: 600_000 }),
  )
  const folder = { name: 'cam', driver: 'folder', path: '/run/pictures', loop: true, intervalMs: 100 }
  const config = checkConfig({
    device: 'pi',
    token: 't',
    // Nobody listens there: what is sent waits in the outbox, where it can be counted.
    server: 'mqtt://127.0.0.1:1',
    dataDir: '/run/agent',
    cameras: [{ ...folder, gate: { heartbeatMs: 3_600_000 } }],
    sensors: [contact('door', 'GPIO17', 'auto')],
    outbox: { minFreeBytes: 0 },
  })
  const agent = createAgent(config, { clockTrust: () => 'plausible', log: { info: () => {}, warn: teller.saw } })
  await agent.start()
  teller.undo(() => agent.close())
  const counts = async () => {
    const { captures, outboxFrames, outboxReadings } = await agent.status()
    return { gated: captures?.cam?.gated ?? 0, outboxFrames: outboxFrames ?? 0, outboxReadings }
  }
  while ((await counts()).gated < 5) await sleep(20)
  const before = await counts()
  assert.deepEqual([before.outboxFrames, before.outboxReadings], [1, 1])
  pi.set(17, 1)
  while ((await counts()).outboxFrames < 10) await sleep(20)
  const after = await counts()
  assert.equal(after.outboxReadings, 2)
  assert.deepEqual((await agent.status()).sensors, { door: { driver: 'gpio', unit: null, fault: null } })
  teller.saw(`${before.gated} pictures gated before the edge; ${after.outboxFrames - 1} kept after it`)
}

export const agentStories: Record<string, Story> = {
  'the whole agent: an edge becomes a reading, and opens the gate of the camera': whole,
  ...Object.fromEntries(
    Object.entries(both).flatMap(([name, story]) =>
      (['chardev', 'sysfs'] as const).map((access) => [
        `${access}: ${name}`,
        (teller: Teller) => story(access, teller),
      ]),
    ),
  ),
}
