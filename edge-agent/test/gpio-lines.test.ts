import { writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Measurement } from '../src/sensors/driver.ts'
import { measurements } from '../src/sensors/drivers/gpio.ts'
import type { Edge, GpioLine, LineRequest } from '../src/sensors/gpio/line.ts'
import { openSysfs } from '../src/sensors/gpio/sysfs.ts'
import { folderOf, notebook, quiet, SleepingClock, until } from './places.ts'

/** A line that a test moves. */
class FakeLine implements GpioLine {
  value: 0 | 1 = 0
  closed = false
  fails: Error | null = null
  readonly #edges: Edge[] = []
  readonly edges: AsyncIterable<Edge> = this.#watch()

  move(value: 0 | 1, atMs: number): void {
    this.value = value
    this.#edges.push({ value, takenAt: { wallMs: atMs, monotonicMs: atMs } })
  }

  async read(): Promise<0 | 1> {
    if (this.fails) throw this.fails
    return this.value
  }

  async close(): Promise<void> {
    this.closed = true
  }

  async *#watch(): AsyncIterable<Edge> {
    while (!this.closed) {
      const edge = this.#edges.shift()
      if (edge) yield edge
      else await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
}

/** Gathers what the gpio driver makes of a line, on a clock that a test moves. */
function gathered(line: FakeLine, options: { intervalMs: number; values?: string[] }) {
  const stop = new AbortController()
  const wakes = new Set<() => void>()
  let now = 0
  const clock = {
    now: () => now,
    monotonic: () => now,
    sleep: async (ms: number, signal?: AbortSignal) => {
      const due = now + ms
      while (now < due && !signal?.aborted) {
        await new Promise<void>((resolve) => {
          wakes.add(resolve)
          signal?.addEventListener('abort', () => resolve(), { once: true })
        })
      }
    },
  }
  const seen: Measurement[] = []
  const ended = (async () => {
    for await (const one of measurements(line, options, { clock, signal: stop.signal })) seen.push(one)
  })()
  ended.catch(() => {})
  const pass = (ms: number) => {
    now += ms
    for (const wake of wakes) wake()
    wakes.clear()
  }
  onTestFinished(() => stop.abort())
  return { seen, stop, ended, pass }
}

test('a contact tells its first value, each edge with its own time, and its value again at the interval', async () => {
  const line = new FakeLine()
  const { seen, pass, stop, ended } = gathered(line, { intervalMs: 60_000, values: ['closed', 'open'] })
  await until(() => seen.length === 1)
  line.move(1, 4711)
  await until(() => seen.length === 2)
  pass(60_000)
  await until(() => seen.length === 3)
  expect(seen).toEqual([
    { value: 'closed', takenAt: { wallMs: 0, monotonicMs: 0 }, isEdge: false },
    { value: 'open', takenAt: { wallMs: 4711, monotonicMs: 4711 }, isEdge: true },
    { value: 'open', takenAt: { wallMs: 60_000, monotonicMs: 60_000 }, isEdge: false },
  ])
  stop.abort()
  await ended
  expect(line.closed).toBe(true)
})

test('without names the values are numbers', async () => {
  const line = new FakeLine()
  line.value = 1
  const { seen } = gathered(line, { intervalMs: 60_000 })
  await until(() => seen.length === 1)
  expect(seen[0]?.value).toBe(1)
})

test('a line that cannot be read any more ends in its error, and is closed', async () => {
  const line = new FakeLine()
  const { seen, pass, ended } = gathered(line, { intervalMs: 1000 })
  await until(() => seen.length === 1)
  line.fails = new Error('the chip is gone')
  pass(1000)
  await expect(ended).rejects.toThrow('the chip is gone')
  expect(line.closed).toBe(true)
  expect(seen).toHaveLength(1)
})

const request: LineRequest = {
  line: 'GPIO17',
  chip: null,
  offset: null,
  bias: 'none',
  activeLow: false,
  debounceMs: 0,
}

/** /sys/class/gpio as a kernel since 6.6 has it on a Pi, with an onoff that exports what it is asked for. */
async function sysfs(extra: Record<string, string> = {}) {
  const root = await folderOf({
    export: '',
    'gpiochip512/label': 'pinctrl-bcm2711\n',
    'gpiochip512/base': '512\n',
    'gpiochip512/ngpio': '58\n',
    'gpiochip570/label': 'raspberrypi-exp-gpio\n',
    'gpiochip570/base': '570\n',
    'gpiochip570/ngpio': '8\n',
    ...extra,
  })
  const exported: { number: number; activeLow: boolean }[] = []
  const unexported: number[] = []
  const set = (number: number, text: string) => writeFileSync(join(root, `gpio${number}/value`), text)
  await mkdir(join(root, 'gpio529'))
  await writeFile(join(root, 'gpio529/value'), '0\n')
  await writeFile(join(root, 'gpio529/direction'), 'in\n')
  const onoff = (number: number, { activeLow }: { activeLow: boolean }) => {
    exported.push({ number, activeLow })
    return { unexport: () => unexported.push(number) }
  }
  const open = (wish: Partial<LineRequest> = {}, clock = new SleepingClock(), log = quiet) =>
    openSysfs({ ...request, ...wish }, { clock, log, root, onoff })
  return { root, exported, unexported, set, open }
}

test("sysfs: the chip's base is added to the line's place", async () => {
  const { open, exported, unexported } = await sysfs()
  const line = await open({ activeLow: true })
  expect(exported).toEqual([{ number: 529, activeLow: true }])
  expect(await line.read()).toBe(0)
  await line.close()
  await line.close()
  expect(unexported).toEqual([529])
})

test('sysfs: names of the device tree come before the counting of Raspberry Pi', async () => {
  const names = Array.from({ length: 58 }, (_, i) => (i === 17 ? 'DOOR' : ''))
  const { open, exported } = await sysfs({ 'gpiochip512/device/of_node/gpio-line-names': `${names.join('\0')}\0` })
  await (await open({ line: 'DOOR' })).close()
  expect(exported).toEqual([{ number: 529, activeLow: false }])
  await expect(open({ chip: 'pinctrl-bcm2711' })).rejects.toMatchObject({ code: 'gpio_no_line' })
})

test.each(['', '\n', 'x\n', '2\n', '10\n'])('sysfs: %j in the value file is a fault and never 0', async (text) => {
  const { open, set, unexported } = await sysfs()
  const line = await open()
  set(529, text)
  await expect(line.read()).rejects.toMatchObject({ code: 'gpio_failed', message: /has no value/ })
  await line.close()
  set(529, text)
  await expect(open()).rejects.toMatchObject({ code: 'gpio_failed' })
  expect(unexported).toEqual([529, 529])
})

test('sysfs: a change counts once it has lasted', async () => {
  const { open, set } = await sysfs()
  const clock = new SleepingClock(0)
  const line = await open({ debounceMs: 50 }, clock)
  const edges: Edge[] = []
  const gather = (async () => {
    for await (const edge of line.edges) edges.push(edge)
  })()
  /** Lets time pass while the file says something. */
  const hold = async (text: string, ms: number) => {
    set(529, text)
    const end = clock.monotonic() + ms
    await until(() => clock.monotonic() >= end)
  }
  await hold('0\n', 100)
  expect(edges).toEqual([])
  set(529, '1\n')
  await until(() => edges.length === 1)
  expect(edges[0]?.value).toBe(1)
  expect(await line.read()).toBe(1)
  set(529, '0\n')
  await until(() => edges.length === 2)
  expect(edges[1]?.value).toBe(0)
  await line.close()
  await gather
})

test('sysfs: a line that another program drives is left alone', async () => {
  const { open, root, exported } = await sysfs()
  writeFileSync(join(root, 'gpio529/direction'), 'out\n')
  await expect(open()).rejects.toMatchObject({ code: 'gpio_busy', message: /output of another program/ })
  expect(exported).toEqual([])
})

test('sysfs: what the kernel refuses is told in words', async () => {
  const { root } = await sysfs()
  const refusing = (code: string) => () => {
    throw Object.assign(new Error(`${code}: no`), { code })
  }
  const open = (code: string) =>
    openSysfs(request, { clock: new SleepingClock(), log: quiet, root, onoff: refusing(code) })
  await expect(open('EBUSY')).rejects.toMatchObject({ code: 'gpio_busy', message: /in use by another program/ })
  await expect(open('EACCES')).rejects.toMatchObject({ code: 'gpio_forbidden', message: /group gpio/ })
  await expect(open('EROFS')).rejects.toMatchObject({ code: 'gpio_forbidden', message: /ProtectKernelTunables/ })
  await expect(open('EIO')).rejects.toMatchObject({ code: 'gpio_failed', message: /EIO/ })
})

test('sysfs: a resistor cannot be set there, which is said', async () => {
  const { open } = await sysfs()
  const log = notebook()
  await (await open({ bias: 'pull-up' }, new SleepingClock(), log)).close()
  expect(log.lines.join()).toContain('"gpio=17=ip,pu" in config.txt')
})
