import { Type } from 'typebox'
import { type Clock, instantOf } from '../../clock.ts'
import { type Measurement, type SensorContext, sensorDriver, sensorFields } from '../driver.ts'
import type { Edge, GpioLine } from '../gpio/line.ts'
import { ACCESSES, openLine } from '../gpio/open-line.ts'

const config = Type.Object(
  {
    ...sensorFields,
    driver: Type.Literal('gpio'),
    line: Type.Optional(
      Type.String({ minLength: 1, maxLength: 31, description: 'name of the line: `GPIO17`; `gpioinfo` lists them' }),
    ),
    chip: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 31,
        description: 'label of its chip: `pinctrl-bcm2711`, `pinctrl-rp1`; left out: the chip that has the line',
      }),
    ),
    offset: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 65_535, description: 'place of a line without a name on its chip' }),
    ),
    bias: Type.Enum(['pull-up', 'pull-down', 'none'], {
      default: 'pull-up',
      description: 'resistor inside the chip; pull-up suits a contact between the line and ground',
    }),
    activeLow: Type.Boolean({ default: false, description: 'turn 0 and 1 round' }),
    debounceMs: Type.Integer({
      minimum: 0,
      maximum: 60_000,
      default: 20,
      description: 'a change counts once it has lasted this long; 0: every one',
    }),
    values: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 1024 }), {
        minItems: 2,
        maxItems: 2,
        description: 'words for 0 and 1: ["closed", "open"]; left out: the numbers',
      }),
    ),
    access: Type.Enum([...ACCESSES], {
      default: 'auto',
      description: 'interface of the kernel: "chardev" where there is /dev/gpiochip*, else "sysfs"',
    }),
  },
  { additionalProperties: false },
)

/** A contact on a GPIO line: its value at the start, each edge at once, and again every `intervalMs`. */
export const gpio = sensorDriver({
  name: 'gpio',
  unit: null,
  config,
  check: ({ line, chip, offset }) =>
    line !== undefined || (chip !== undefined && offset !== undefined)
      ? []
      : ['needs line ("GPIO17"), or chip and offset'],
  async *open({ line = null, chip = null, offset = null, ...rest }, context) {
    const opened = await openLine({ line, chip, offset, ...rest }, rest.access, context)
    yield* measurements(opened, rest, context)
  },
})

/** What a line says until `signal` aborts; closes it then, and when it fails. */
export async function* measurements(
  line: GpioLine,
  { intervalMs, values }: { intervalMs: number; values?: string[] },
  { clock, signal }: Pick<SensorContext, 'clock' | 'signal'>,
): AsyncIterable<Measurement> {
  const named = (value: 0 | 1) => values?.[value] ?? value
  const now = async () => ({ takenAt: instantOf(clock), value: named(await line.read()), isEdge: false })
  try {
    yield await now()
    const edges = line.edges[Symbol.asyncIterator]()
    let edge = edges.next()
    let due = clock.monotonic() + intervalMs
    while (!signal.aborted) {
      const came = await within(edge, due - clock.monotonic(), clock, signal)
      if (signal.aborted) return
      if (came?.done) throw new Error('the line ended')
      if (came) {
        const { value, takenAt } = came.value
        yield { takenAt, value: named(value), isEdge: true }
        edge = edges.next()
      } else {
        yield await now()
        due = clock.monotonic() + intervalMs
      }
    }
  } finally {
    await line.close()
  }
}

/** What was waited for, or null when the time is over or `signal` aborts. */
async function within(
  edge: Promise<IteratorResult<Edge>>,
  ms: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<IteratorResult<Edge> | null> {
  const came = new AbortController()
  const over = clock.sleep(Math.max(0, ms), AbortSignal.any([signal, came.signal])).then(() => null)
  try {
    return await Promise.race([edge, over])
  } finally {
    came.abort()
  }
}
