import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const SIMULATOR = '/sys/kernel/config/gpio-sim'
const CLASS = '/sys/class/gpio'
const NAMED = 28

/**
 * A chip of the kernel's simulator (Documentation/admin-guide/gpio/gpio-sim.rst): 54 lines as on a Pi 4, of which the first are
 * named GPIO0, GPIO1 ... What is at their pins is their `pull`.
 */
export class SimulatedChip {
  static #made = 0
  readonly label: string
  readonly #folder: string

  constructor(label: string) {
    this.label = label
    this.#folder = join(SIMULATOR, `chip${SimulatedChip.#made++}`)
    const bank = join(this.#folder, 'bank0')
    mkdirSync(this.#folder)
    mkdirSync(bank)
    writeFileSync(join(bank, 'num_lines'), '54')
    writeFileSync(join(bank, 'label'), label)
    for (let line = 0; line < NAMED; line++) {
      mkdirSync(join(bank, `line${line}`))
      writeFileSync(join(bank, `line${line}/name`), `GPIO${line}`)
    }
    this.plug()
  }

  /** Makes the chip appear; what its lines stood at is forgotten. */
  plug(): void {
    writeFileSync(join(this.#folder, 'live'), '1')
  }

  /** Makes the chip vanish, whoever uses it. */
  unplug(): void {
    writeFileSync(join(this.#folder, 'live'), '0')
  }

  /** Puts a voltage at a pin. */
  set(line: number, value: 0 | 1): void {
    writeFileSync(this.#attribute(line, 'pull'), value === 1 ? 'pull-up' : 'pull-down')
  }

  /** What the pin is pulled to: by `set`, or by the bias that a program asked for. */
  pullOf(line: number): string {
    return readFileSync(this.#attribute(line, 'pull'), 'utf8').trim()
  }

  /** The number of its first line under /sys/class/gpio. */
  get base(): number {
    const chips = readdirSync(CLASS).filter((name) => name.startsWith('gpiochip'))
    const chip = chips.find((name) => readFileSync(join(CLASS, name, 'label'), 'utf8').trim() === this.label)
    if (!chip) throw new Error(`${CLASS} has no chip ${this.label}`)
    return Number(readFileSync(join(CLASS, chip, 'base'), 'utf8'))
  }

  remove(): void {
    this.unplug()
    for (let line = 0; line < NAMED; line++) rmdirSync(join(this.#folder, `bank0/line${line}`))
    rmdirSync(join(this.#folder, 'bank0'))
    rmdirSync(this.#folder)
  }

  #attribute(line: number, name: string): string {
    const device = readFileSync(join(this.#folder, 'dev_name'), 'utf8').trim()
    const chip = readFileSync(join(this.#folder, 'bank0/chip_name'), 'utf8').trim()
    return join('/sys/devices/platform', device, chip, `sim_gpio${line}`, name)
  }
}
