import { closeSync, openSync, readSync } from 'node:fs'
import { readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../clock.ts'
import { AgentError, reasonOf, systemCode } from '../../failure.ts'
import { type Log, worthALine } from '../../log.ts'
import type { Edge, GpioLine, LineRequest } from './line.ts'
import { loadSystemCalls, type SystemCalls } from './system-calls.ts'
import * as uapi from './uapi.ts'

const CONSUMER = 'ajar'
/**
 * How often the kernel is asked for edges. It debounces, timestamps and queues them, so asking late loses nothing, but for
 * more than `EVENTS_KEPT` edges in that time: then the oldest are gone, which their sequence numbers tell.
 */
const ASK_MS = 50
const EVENTS_KEPT = 256
const EVENTS_AT_ONCE = 32
const FLAG_OF_BIAS = {
  'pull-up': uapi.FLAGS.BIAS_PULL_UP,
  'pull-down': uapi.FLAGS.BIAS_PULL_DOWN,
  none: uapi.FLAGS.BIAS_DISABLED,
}

/** The outside world of a line. */
export interface ChardevPlaces {
  clock: Clock
  log: Log
  devices?: string
  systemCalls?: SystemCalls
}

interface Chip {
  path: string
  label: string
  lines: number
}

interface Place {
  chip: Chip
  offset: number
}

/** The chips whose devices there are; a second name of one chip (`gpiochip4` on a Pi 5 is a link) counts once. */
export async function chipDevices(devices = '/dev'): Promise<string[]> {
  const names = await readdir(devices).catch(() => [])
  const paths = names.filter((name) => /^gpiochip\d+$/.test(name)).map((name) => realpath(join(devices, name)))
  return [...new Set(await Promise.all(paths))].sort()
}

/**
 * Opens a line through the GPIO character device. Rejects with an `AgentError`: `koffi_missing`, `gpio_no_chip`, `gpio_no_line`,
 * `gpio_ambiguous`, `gpio_busy`, `gpio_forbidden`, `gpio_old_kernel` or `gpio_failed`, each saying what to do.
 */
export async function openChardev(request: LineRequest, places: ChardevPlaces): Promise<GpioLine> {
  const calls = places.systemCalls ?? loadSystemCalls()
  const { chip, offset } = await findLine(request, places.devices ?? '/dev', calls)
  const what = `${request.line ?? `line ${offset}`} of ${chip.label}`
  const bytes = uapi.lineRequest.write({
    offset,
    consumer: CONSUMER,
    flags:
      uapi.FLAGS.INPUT |
      uapi.FLAGS.EDGE_RISING |
      uapi.FLAGS.EDGE_FALLING |
      FLAG_OF_BIAS[request.bias] |
      (request.activeLow ? uapi.FLAGS.ACTIVE_LOW : 0n),
    debounceUs: request.debounceMs * 1000,
    eventBufferSize: EVENTS_KEPT,
  })
  withChip(chip.path, (fd) => {
    try {
      calls.ioctl(fd, uapi.REQUESTS.GPIO_V2_GET_LINE_IOCTL, bytes)
    } catch (error) {
      throw systemCode(error) === 'EBUSY' ? busy(what, lineInfoOf(fd, offset, calls).consumer) : failed(what, error)
    }
  })
  return new ChardevLine(uapi.lineRequest.fd(bytes), what, calls, places)
}

class ChardevLine implements GpioLine {
  readonly edges: AsyncIterable<Edge>
  readonly #fd: number
  readonly #what: string
  readonly #calls: SystemCalls
  readonly #places: ChardevPlaces
  readonly #closing = new AbortController()
  readonly #events = uapi.lineEvents.bytesFor(EVENTS_AT_ONCE)
  #sequence = 0
  #lost = 0
  #overflows = 0

  constructor(fd: number, what: string, calls: SystemCalls, places: ChardevPlaces) {
    this.#fd = fd
    this.#what = what
    this.#calls = calls
    this.#places = places
    this.edges = this.#watch()
  }

  async read(): Promise<0 | 1> {
    if (this.#closing.signal.aborted) throw new AgentError('gpio_failed', 'us', `${this.#what} is closed`)
    const bytes = uapi.lineValues.ask()
    try {
      this.#calls.ioctl(this.#fd, uapi.REQUESTS.GPIO_V2_LINE_GET_VALUES_IOCTL, bytes)
    } catch (error) {
      throw failed(this.#what, error)
    }
    return uapi.lineValues.read(bytes)
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    closeSync(this.#fd)
  }

  async *#watch(): AsyncIterable<Edge> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      const lostBefore = this.#lost
      let last: 0 | 1 | null = null
      for (const { value, monotonicMs, sequence } of this.#take()) {
        // Unsigned, as the kernel's counter begins anew after 2^32.
        this.#lost += (sequence - this.#sequence - 1) >>> 0
        this.#sequence = sequence
        last = value
        yield { value, takenAt: this.#instant(monotonicMs) }
        if (signal.aborted) return
      }
      if (this.#lost > lostBefore) {
        this.#tellLost()
        const now = await this.read()
        if (now !== last) yield { value: now, takenAt: this.#instant(this.#places.clock.monotonic()) }
      }
      await this.#places.clock.sleep(ASK_MS, signal)
    }
  }

  /** What the kernel has queued, at most as much as it keeps: a line that never rests shall not hold up the agent. */
  #take(): uapi.LineEvent[] {
    const events: uapi.LineEvent[] = []
    try {
      while (events.length < EVENTS_KEPT && this.#calls.isReadable(this.#fd)) {
        const length = readSync(this.#fd, this.#events)
        events.push(...uapi.lineEvents.read(this.#events, length))
        if (length < this.#events.byteLength) break
      }
    } catch (error) {
      throw failed(this.#what, error)
    }
    return events
  }

  #instant(monotonicMs: number) {
    const { clock } = this.#places
    return { wallMs: Math.round(clock.now() - (clock.monotonic() - monotonicMs)), monotonicMs }
  }

  #tellLost(): void {
    this.#overflows++
    if (!worthALine(this.#overflows)) return
    this.#places.log.warn(
      `${this.#what} changes faster than it can be told: ${this.#lost} edges lost so far; a longer debounceMs helps`,
    )
  }
}

async function findLine(request: LineRequest, devices: string, calls: SystemCalls): Promise<Place> {
  const chips = (await chipDevices(devices)).map((path) => chipOf(path, calls))
  if (chips.length === 0) throw new AgentError('gpio_no_chip', 'environment', `${devices} has no gpiochip`)
  const labels = [...new Set(chips.map(({ label }) => label))].join(', ')
  const meant = chips.filter(({ label }) => request.chip === null || label === request.chip)
  if (meant.length === 0) {
    throw new AgentError('gpio_no_chip', 'caller', `there is no GPIO chip ${request.chip}; there is ${labels}`)
  }
  const places = meant.flatMap((chip) => placesOn(chip, request, calls))
  const [place, another] = places
  const what = request.line ?? `offset ${request.offset}`
  if (!place) throw new AgentError('gpio_no_line', 'caller', `no line ${what} on ${request.chip ?? labels}`)
  if (another) {
    const all = places.map(({ chip, offset }) => `${chip.label} ${offset}`).join(', ')
    throw new AgentError('gpio_ambiguous', 'caller', `${what} is several lines: name chip or offset too (${all})`)
  }
  return place
}

/** Where both name and offset are given, both have to fit. */
function placesOn(chip: Chip, { line, offset }: LineRequest, calls: SystemCalls): Place[] {
  const offsets = offset === null ? [...Array(chip.lines).keys()] : [offset].filter((one) => one < chip.lines)
  return withChip(chip.path, (fd) =>
    offsets
      .filter((one) => line === null || lineInfoOf(fd, one, calls).name === line)
      .map((one) => ({ chip, offset: one })),
  )
}

function chipOf(path: string, calls: SystemCalls): Chip {
  return withChip(path, (fd) => {
    const bytes = uapi.chipInfo.empty()
    try {
      calls.ioctl(fd, uapi.REQUESTS.GPIO_GET_CHIPINFO_IOCTL, bytes)
    } catch (error) {
      throw failed(path, error)
    }
    const { label, lines } = uapi.chipInfo.read(bytes)
    return { path, label, lines }
  })
}

function lineInfoOf(fd: number, offset: number, calls: SystemCalls) {
  const bytes = uapi.lineInfo.ask(offset)
  try {
    calls.ioctl(fd, uapi.REQUESTS.GPIO_V2_GET_LINEINFO_IOCTL, bytes)
  } catch (error) {
    // What a kernel says of a request that it does not know; the offset is within the chip.
    if (systemCode(error) !== 'EINVAL' && systemCode(error) !== 'ENOTTY') throw failed(`line ${offset}`, error)
    const text = 'the kernel is older than 5.10 and has no GPIO character device of version 2: set "access": "sysfs"'
    throw new AgentError('gpio_old_kernel', 'environment', text, error)
  }
  return uapi.lineInfo.read(bytes)
}

function withChip<T>(path: string, use: (fd: number) => T): T {
  let fd: number
  try {
    fd = openSync(path, 'r+')
  } catch (error) {
    throw failed(path, error)
  }
  try {
    return use(fd)
  } finally {
    closeSync(fd)
  }
}

function busy(what: string, consumer: string): AgentError {
  const by = consumer === '' ? 'somebody who gives no name' : consumer
  return new AgentError('gpio_busy', 'environment', `${what} is in use by ${by}: only one program can have a line`)
}

function failed(what: string, error: unknown): AgentError {
  if (systemCode(error) === 'EACCES' || systemCode(error) === 'EPERM') {
    const text = `${what} may not be opened: put the agent's user into the group gpio (usermod -aG gpio USER)`
    return new AgentError('gpio_forbidden', 'environment', text, error)
  }
  return new AgentError('gpio_failed', 'environment', `${what} cannot be read: ${reasonOf(error)}`, error)
}
