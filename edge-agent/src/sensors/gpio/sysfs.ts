import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, type Instant, instantOf } from '../../clock.ts'
import { AgentError, reasonOf, systemCode } from '../../failure.ts'
import type { Log } from '../../log.ts'
import type { Edge, GpioLine, LineRequest } from './line.ts'

/** Where onoff looks, and the only place there is. */
const GPIO_CLASS = '/sys/class/gpio'
/** How often the value is looked at: a pulse that is shorter may be missed, which the character device never does. */
const LOOK_MS = 10

/** What we use of npm `onoff`'s Gpio. */
export interface OnoffGpio {
  unexport(): void
}
export type OpenOnoff = (number: number, options: { activeLow: boolean }) => OnoffGpio

/** The outside world of a line. */
export interface SysfsPlaces {
  clock: Clock
  log: Log
  root?: string
  onoff?: OpenOnoff
}

interface Chip {
  label: string
  base: number
  lines: number
  /** By offset; null where the device tree does not name them. */
  names: string[] | null
}

/**
 * Opens a line through /sys/class/gpio, for kernels before 5.10: onoff exports it and sets direction and polarity. The
 * number is the chip's base plus the line's offset: kernels since 6.6 count from 512 on. Rejects with an `AgentError`:
 * `onoff_missing`, `gpio_no_chip`, `gpio_no_line`, `gpio_ambiguous`, `gpio_busy`, `gpio_forbidden` or `gpio_failed`.
 */
export async function openSysfs(request: LineRequest, places: SysfsPlaces): Promise<GpioLine> {
  const root = places.root ?? GPIO_CLASS
  const open = places.onoff ?? (await loadOnoff())
  const { chip, offset } = await findLine(request, root)
  const what = `${request.line ?? `line ${offset}`} of ${chip.label}`
  const number = chip.base + offset
  const folder = join(root, `gpio${number}`)
  const direction = await readFile(join(folder, 'direction'), 'utf8').catch(() => 'in')
  if (direction.trim() !== 'in') {
    // onoff would turn it into an input, under whoever drives it.
    throw new AgentError('gpio_busy', 'environment', `${what} is an output of another program`)
  }
  if (request.bias !== 'none') {
    const pull = request.bias === 'pull-up' ? 'pu' : 'pd'
    places.log.info(
      `${what}: sysfs cannot set a ${request.bias}; on a Pi "gpio=${offset}=ip,${pull}" in config.txt does`,
    )
  }
  let exported: OnoffGpio
  try {
    exported = open(number, { activeLow: request.activeLow })
  } catch (error) {
    throw failed(what, error)
  }
  try {
    return new SysfsLine(join(folder, 'value'), what, request.debounceMs, exported, places.clock)
  } catch (error) {
    exported.unexport()
    throw failed(what, error)
  }
}

class SysfsLine implements GpioLine {
  readonly edges: AsyncIterable<Edge>
  readonly #fd: number
  readonly #what: string
  readonly #debounceMs: number
  readonly #exported: OnoffGpio
  readonly #clock: Clock
  readonly #closing = new AbortController()
  /** The last value that lasted, as whoever reads the edges keeps it. */
  #settled: 0 | 1
  #watched = false

  constructor(file: string, what: string, debounceMs: number, exported: OnoffGpio, clock: Clock) {
    this.#what = what
    this.#debounceMs = debounceMs
    this.#exported = exported
    this.#clock = clock
    this.#fd = openSync(file, 'r')
    try {
      this.#settled = this.#look()
    } catch (error) {
      closeSync(this.#fd)
      throw error
    }
    this.edges = this.#watch()
  }

  /** As the kernel's debounce does: the value that has lasted, not that of a contact in mid-bounce. */
  async read(): Promise<0 | 1> {
    const now = this.#look()
    return this.#watched && this.#debounceMs > 0 ? this.#settled : now
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    closeSync(this.#fd)
    this.#exported.unexport()
  }

  /** onoff turns an empty read into 0, so the file is read here: it holds a 0 or a 1, or there is no value. */
  #look(): 0 | 1 {
    if (this.#closing.signal.aborted) throw new AgentError('gpio_failed', 'us', `${this.#what} is closed`)
    const bytes = Buffer.alloc(4)
    let length: number
    try {
      length = readSync(this.#fd, bytes, 0, bytes.byteLength, 0)
    } catch (error) {
      throw failed(this.#what, error)
    }
    const text = bytes.toString('latin1', 0, length)
    if (/^[01]\n?$/.test(text)) return text.startsWith('1') ? 1 : 0
    const said = text === '' ? 'nothing' : JSON.stringify(text)
    throw new AgentError('gpio_failed', 'environment', `${this.#what} has no value: the kernel says ${said}`)
  }

  async *#watch(): AsyncIterable<Edge> {
    const { signal } = this.#closing
    this.#watched = true
    /** Since when the line has not stood at the settled value. */
    let differs: Instant | null = null
    while (!signal.aborted) {
      const now = this.#look()
      const instant = instantOf(this.#clock)
      if (now === this.#settled) differs = null
      else differs ??= instant
      if (differs && instant.monotonicMs - differs.monotonicMs >= this.#debounceMs) {
        this.#settled = now
        differs = null
        // As the kernel's debounce, which stamps an edge when the line has come to rest.
        yield { value: now, takenAt: instant }
        continue
      }
      await this.#clock.sleep(LOOK_MS, signal)
    }
  }
}

async function findLine(request: LineRequest, root: string): Promise<{ chip: Chip; offset: number }> {
  const chips = await chipsIn(root)
  if (chips.length === 0) throw new AgentError('gpio_no_chip', 'environment', `${root} has no GPIO chip`)
  const labels = chips.map(({ label }) => label).join(', ')
  const meant = chips.filter(({ label }) => request.chip === null || label === request.chip)
  if (meant.length === 0) {
    throw new AgentError('gpio_no_chip', 'caller', `there is no GPIO chip ${request.chip}; there is ${labels}`)
  }
  const places = meant
    .map((chip) => ({ chip, offset: offsetOn(chip, request) }))
    .filter((place): place is { chip: Chip; offset: number } => place.offset !== null)
  const [place, another] = places
  const what = request.line ?? `offset ${request.offset}`
  if (!place) throw new AgentError('gpio_no_line', 'caller', `no line ${what} on ${request.chip ?? labels}`)
  if (another) {
    throw new AgentError(
      'gpio_ambiguous',
      'caller',
      `${what} is on several chips (${labels}): set "chip" to one of them`,
    )
  }
  return place
}

/**
 * Where the device tree names no lines (before 5.10 it rarely does) `GPIO17` is the 17th: so Raspberry Pi counts them on the
 * chip of its header. Any other name needs an offset there.
 */
function offsetOn({ names, lines }: Chip, { line, offset }: LineRequest): number | null {
  if (offset !== null) return offset < lines && (!line || !names || names[offset] === line) ? offset : null
  if (line === null) return null
  const named = names ? names.indexOf(line) : Number(/^GPIO(\d+)$/.exec(line)?.[1] ?? -1)
  return named >= 0 && named < lines ? named : null
}

async function chipsIn(root: string): Promise<Chip[]> {
  const folders = (await readdir(root).catch(() => [])).filter((name) => /^gpiochip\d+$/.test(name)).sort()
  return await Promise.all(
    folders.map(async (name) => {
      const folder = join(root, name)
      const [label, base, lines] = await Promise.all(
        ['label', 'base', 'ngpio'].map(async (file) => (await readFile(join(folder, file), 'utf8')).trim()),
      )
      const tree = await readFile(join(folder, 'device/of_node/gpio-line-names'), 'utf8').catch(() => '')
      const names = tree === '' ? null : tree.split('\0')
      return { label: label ?? '', base: Number(base), lines: Number(lines), names }
    }),
  )
}

async function loadOnoff(): Promise<OpenOnoff> {
  try {
    // Loaded here, not at the top: only old kernels need it. By a name that a bundler can follow, unlike koffi's.
    const { Gpio } = await import('onoff')
    return (number, options) => new Gpio(number, 'in', undefined, options)
  } catch (error) {
    const text = `GPIO through ${GPIO_CLASS} needs the package onoff, which cannot be loaded: ${reasonOf(error)}`
    throw new AgentError('onoff_missing', 'environment', text, error)
  }
}

function failed(what: string, error: unknown): AgentError {
  if (error instanceof AgentError) return error
  const code = systemCode(error)
  if (code === 'EBUSY') {
    const text = `${what} is in use by another program or driver; "sudo cat /sys/kernel/debug/gpio" names it`
    return new AgentError('gpio_busy', 'environment', text, error)
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const text =
      `${what} may not be opened: put the agent's user into the group gpio (usermod -aG gpio USER); as a service ` +
      `it also needs ProtectKernelTunables=no`
    return new AgentError('gpio_forbidden', 'environment', text, error)
  }
  return new AgentError('gpio_failed', 'environment', `${what} cannot be read: ${reasonOf(error)}`, error)
}

/** Whether this kernel has the old interface. */
export function hasSysfs(root = GPIO_CLASS): boolean {
  return existsSync(join(root, 'export'))
}
