import { Type } from 'typebox'
import { sensorDriver, sensorFields } from '../driver.ts'
import { Incoming } from '../serial/incoming.ts'
import { openPort } from '../serial/port.ts'
import { FORMATS } from '../serial/values.ts'

const config = Type.Object(
  {
    ...sensorFields,
    driver: Type.Literal('serial'),
    path: Type.String({
      pattern: '^/.+',
      maxLength: 256,
      examples: ['/dev/ttyUSB0'],
      description: 'the port: `/dev/serial/by-id/...` is the same one after each start, `/dev/ttyUSB0` need not be',
    }),
    baudRate: Type.Integer({ minimum: 50, maximum: 4_000_000, default: 115_200, description: 'as the board has it' }),
    format: Type.Enum([...FORMATS], {
      default: 'numbers',
      description:
        '"numbers": each line is a JSON list of numbers; "csi": of the 128 or 106 raw int8 of a Wi-Fi channel',
    }),
    intervalMs: Type.Integer({
      minimum: 20,
      maximum: 86_400_000,
      default: 100,
      description: 'time between two readings, in the mean; of the lines that come sooner see surplus',
    }),
    surplus: Type.Enum(['drop', 'average'], {
      default: 'drop',
      description: 'lines that come sooner than intervalMs are dropped, or averaged with the next',
    }),
    silentMs: Type.Integer({
      minimum: 1000,
      maximum: 86_400_000,
      default: 60_000,
      description: 'so long without a good line is a fault, and the port is opened anew',
    }),
  },
  { additionalProperties: false },
)

/** A board on a serial port that writes lines: one JSON list of numbers each, and `[n]` is the number n. */
export const serial = sensorDriver({
  name: 'serial',
  unit: null,
  config,
  check: ({ format, surplus }) =>
    format === 'csi' && surplus === 'average' ? ['cannot average phases: of format "csi" surplus is "drop"'] : [],
  isStream: ({ intervalMs }) => intervalMs < 1000,
  async *open({ path, baudRate, silentMs, ...rest }, { clock, log, signal }) {
    const incoming = new Incoming({ ...rest, clock, log })
    const port = await openPort({ path, baudRate }, signal, (bytes) => incoming.take(bytes))
    const over = new AbortController()
    const either = AbortSignal.any([signal, over.signal])
    try {
      for (;;) {
        const measurement = await Promise.race([incoming.next(silentMs, either), port.gone])
        if (!measurement) return
        yield measurement
      }
    } finally {
      over.abort()
      port.close()
    }
  },
})
