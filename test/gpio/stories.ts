import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Access, type GpioLine, type LineRequest, openLine, systemClock } from '@ajar/edge-agent'
import { agentStories } from './agent-stories.ts'
import { SimulatedChip } from './simulated-chip.ts'

/** A test of lines that runs inside the kernel with simulated GPIO. */
export type Story = (teller: Teller) => Promise<void>

export interface Teller {
  /** Notes something for the report. */
  saw: (line: string) => void
  /** Registers what is done when the story is over, the last one first. */
  undo: (undo: () => unknown) => void
}

const PI_4 = 'pinctrl-bcm2711'
const PI_5 = 'pinctrl-rp1'
const BOTH = ['chardev', 'sysfs'] as const

function chip(label: string, { undo }: Teller): SimulatedChip {
  const made = new SimulatedChip(label)
  undo(() => made.remove())
  return made
}

const plain: LineRequest = { line: 'GPIO17', chip: PI_4, offset: null, bias: 'none', activeLow: false, debounceMs: 0 }

/** Opens a line and notes what it logs. */
async function open(request: Partial<LineRequest>, access: Access, { saw, undo }: Teller): Promise<GpioLine> {
  const log = { info: saw, warn: saw }
  const line = await openLine({ ...plain, ...request }, access, { clock: systemClock, log })
  undo(() => line.close())
  return line
}

/** Gathers edges of a line from now on. */
function gather(line: GpioLine): { value: 0 | 1; monotonicMs: number }[] {
  const seen: { value: 0 | 1; monotonicMs: number }[] = []
  const reading = async () => {
    for await (const { value, takenAt } of line.edges) seen.push({ value, monotonicMs: takenAt.monotonicMs })
  }
  reading().catch((error) => console.error(String(error)))
  return seen
}

/** Waits until something is so; the story's own limit ends it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10)
}

/**
 * Moves GPIO17 while nothing else of this program runs. The simulator raises its interrupts at the kernel's ticks, every 10 ms,
 * and would make one of several.
 */
function moveUnseen(pi: SimulatedChip, times: number): void {
  for (let i = 0; i < times; i++) {
    pi.set(17, i % 2 === 0 ? 1 : 0)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 25)
  }
}

/** Long enough for a line that had anything to say to have said it. */
const SETTLE_MS = 400

const ofBoth: Record<string, (access: (typeof BOTH)[number], teller: Teller) => Promise<void>> = {
  'a line is read by its name, also turned round': async (access, teller) => {
    const pi = chip(PI_4, teller)
    const line = await open({}, access, teller)
    for (const value of [1, 0, 1] as const) {
      pi.set(17, value)
      assert.equal(await line.read(), value)
    }
    await line.close()
    const turned = await open({ activeLow: true }, access, teller)
    assert.equal(await turned.read(), 0)
  },

  'edges come in order, each at its time': async (access, teller) => {
    const pi = chip(PI_4, teller)
    const edges = gather(await open({ debounceMs: access === 'sysfs' ? 0 : 5 }, access, teller))
    const set: number[] = []
    for (const value of [1, 0, 1, 0] as const) {
      set.push(systemClock.monotonic())
      pi.set(17, value)
      await until(() => edges.length === set.length)
    }
    await sleep(SETTLE_MS)
    assert.deepEqual(
      edges.map(({ value }) => value),
      [1, 0, 1, 0],
    )
    for (const [i, { monotonicMs }] of edges.entries()) {
      assert.ok(monotonicMs >= (set[i] ?? Infinity), 'an edge is not told before it was')
      assert.ok(monotonicMs < (set[i + 1] ?? Infinity), 'an edge is told before the next one')
    }
    teller.saw(
      `edges ${edges.map(({ monotonicMs }, i) => Math.round(monotonicMs - (set[i] ?? 0))).join(', ')} ms after the pin`,
    )
  },

  'a contact that bounces is one edge, and one that only twitches is none': async (access, teller) => {
    const pi = chip(PI_4, teller)
    const edges = gather(await open({ debounceMs: 500 }, access, teller))
    // Ends where it began.
    for (let i = 0; i < 10; i++) {
      pi.set(17, i % 2 === 0 ? 1 : 0)
      await sleep(15)
    }
    await sleep(500 + SETTLE_MS)
    assert.equal(edges.length, 0)
    for (let i = 0; i < 11; i++) {
      pi.set(17, i % 2 === 0 ? 1 : 0)
      await sleep(15)
    }
    await until(() => edges.length > 0)
    await sleep(500 + SETTLE_MS)
    assert.deepEqual(
      edges.map(({ value }) => value),
      [1],
    )
    teller.saw('11 changes within 165 ms: 1 edge')
  },

  'a line that is not there, and a chip that is not there, are named': async (access, teller) => {
    chip(PI_4, teller)
    await assert.rejects(open({ line: 'GPIO99' }, access, teller), { code: 'gpio_no_line', message: /GPIO99.*bcm2711/ })
    await assert.rejects(open({ chip: PI_5 }, access, teller), {
      code: 'gpio_no_chip',
      message: `there is no GPIO chip ${PI_5}; there is ${PI_4}`,
    })
  },

  'of two chips with one name the label decides; without it nobody guesses': async (access, teller) => {
    const [four, five] = [chip(PI_4, teller), chip(PI_5, teller)]
    four.set(17, 0)
    five.set(17, 1)
    await assert.rejects(open({ chip: null }, access, teller), {
      code: 'gpio_ambiguous',
      message: /bcm2711.*rp1|rp1.*bcm2711/,
    })
    assert.equal(await (await open({ chip: PI_5 }, access, teller)).read(), 1)
    assert.equal(await (await open({ chip: PI_4 }, access, teller)).read(), 0)
  },

  'a line without a name is read by its offset': async (access, teller) => {
    const pi = chip(PI_4, teller)
    pi.set(40, 1)
    assert.equal(await (await open({ line: null, offset: 40 }, access, teller)).read(), 1)
    await assert.rejects(open({ line: null, offset: 54 }, access, teller), { code: 'gpio_no_line' })
  },

  'a line that another program has is busy': async (access, teller) => {
    chip(PI_4, teller)
    const holder = await open({}, 'chardev', teller)
    await assert.rejects(open({}, access, teller), (error: Error & { code: string }) => {
      teller.saw(error.message)
      return error.code === 'gpio_busy' && (access === 'sysfs' || error.message.includes('in use by ajar'))
    })
    await holder.close()
    assert.equal(await (await open({}, access, teller)).read(), 0)
  },

  'who may not open it is told what to do': async (access, teller) => {
    chip(PI_4, teller)
    // Once as root, for what is loaded at the first call is the host's.
    await (await open({}, access, teller)).close()
    teller.undo(() => process.seteuid?.(0))
    process.seteuid?.(65_534)
    await assert.rejects(open({}, access, teller), (error: Error & { code: string }) => {
      teller.saw(error.message)
      return error.code === 'gpio_forbidden' && error.message.includes('group gpio')
    })
  },
}

const ofOne: Record<string, Story> = {
  'chardev: the bias that was asked for is set': async (teller) => {
    const pi = chip(PI_4, teller)
    for (const [bias, value] of [
      ['pull-up', 1],
      ['pull-down', 0],
    ] as const) {
      const line = await open({ bias }, 'chardev', teller)
      assert.equal(pi.pullOf(17), bias)
      assert.equal(await line.read(), value)
      await line.close()
    }
  },

  'chardev: edges while nobody asks are kept, with their times': async (teller) => {
    const pi = chip(PI_4, teller)
    const line = await open({}, 'chardev', teller)
    const before = systemClock.monotonic()
    moveUnseen(pi, 40)
    const after = systemClock.monotonic()
    await sleep(SETTLE_MS)
    const edges = gather(line)
    await until(() => edges.length >= 40)
    assert.ok(edges.every(({ monotonicMs }) => monotonicMs >= before && monotonicMs <= after))
    assert.ok(edges.every(({ value }, i) => value === (i % 2 === 0 ? 1 : 0)))
    teller.saw('40 of 40 edges')
  },

  'chardev: more edges than the kernel keeps are counted, and the value is right': async (teller) => {
    const pi = chip(PI_4, teller)
    const warnings: string[] = []
    const log = { info: teller.saw, warn: (line: string) => warnings.push(line) }
    const line = await openLine(plain, 'chardev', { clock: systemClock, log })
    teller.undo(() => line.close())
    moveUnseen(pi, 301)
    const edges = gather(line)
    await sleep(SETTLE_MS)
    assert.ok(edges.length > 0 && edges.length < 301, `${edges.length} edges`)
    assert.equal(edges.at(-1)?.value, 1)
    assert.match(warnings.join(), new RegExp(`: ${301 - edges.length} edges lost`))
    teller.saw(`${edges.length} of 301 edges were kept; ${warnings}`)
  },

  'chardev: a line that sysfs has is busy, and who has it is named': async (teller) => {
    chip(PI_4, teller)
    await open({}, 'sysfs', teller)
    await assert.rejects(open({}, 'chardev', teller), { code: 'gpio_busy', message: /in use by sysfs/ })
  },

  "sysfs: the chip's base is added, and the line is given back": async (teller) => {
    const pi = chip(PI_4, teller)
    assert.ok(pi.base > 0)
    const folder = `/sys/class/gpio/gpio${pi.base + 17}`
    const line = await open({}, 'sysfs', teller)
    assert.ok(existsSync(folder))
    await line.close()
    assert.ok(!existsSync(folder))
    teller.saw(`GPIO17 is number ${pi.base + 17}`)
  },

  'sysfs: what a killed agent left is taken over, and the output of another program is left alone': async (teller) => {
    const pi = chip(PI_4, teller)
    const folder = `/sys/class/gpio/gpio${pi.base + 17}`
    pi.set(17, 1)
    writeFileSync('/sys/class/gpio/export', String(pi.base + 17))
    writeFileSync(`${folder}/active_low`, '1')
    const line = await open({}, 'sysfs', teller)
    assert.equal(await line.read(), 1)
    await line.close()
    writeFileSync('/sys/class/gpio/export', String(pi.base + 17))
    teller.undo(() => writeFileSync('/sys/class/gpio/unexport', String(pi.base + 17)))
    writeFileSync(`${folder}/direction`, 'high')
    await assert.rejects(open({}, 'sysfs', teller), { code: 'gpio_busy', message: /output of another program/ })
    assert.equal(readFileSync(`${folder}/direction`, 'utf8'), 'out\n')
  },

  'by itself the character device is chosen': async (teller) => {
    const pi = chip(PI_4, teller)
    pi.set(17, 1)
    assert.equal(await (await open({}, 'auto', teller)).read(), 1)
    assert.ok(!existsSync(`/sys/class/gpio/gpio${pi.base + 17}`))
  },
}

/** By name, in the order they are told. */
export const stories: Record<string, Story> = {
  ...Object.fromEntries(
    Object.entries(ofBoth).flatMap(([name, story]) =>
      BOTH.map((access) => [`${access}: ${name}`, (teller: Teller) => story(access, teller)]),
    ),
  ),
  ...ofOne,
  ...agentStories,
}
