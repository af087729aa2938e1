import { MappingType } from '@grafana/grafana-foundation-sdk/dashboard'
import { lastDays, perMinute } from './influx.ts'
import { bars, lines, table, timeline } from './panels.ts'
import { DEVICES } from './variables.ts'

const RECENT = `WHERE ${lastDays(31)} AND ${DEVICES}`
const EACH = 'GROUP BY time($__interval), "device"'
const alias = '$tag_device'

const CONNECTED = [
  {
    type: MappingType.ValueToText as const,
    options: { 0: { text: 'away', color: 'red', index: 0 }, 1: { text: 'connected', color: 'green', index: 1 } },
  },
]

const now = table(
  {
    title: 'Devices now',
    description: 'What each device last said of itself within a day; one that is away says nothing',
    width: 24,
    queries: [
      {
        influxql: `SELECT "device", "connected", "outbox", "dropped", "temperature" FROM (
          SELECT last("connected") AS "connected", last("outbox_frames") AS "outbox",
            last("dropped_frames") AS "dropped", last("temperature_c") AS "temperature" FROM "device"
          WHERE time > now() - 1d AND ${DEVICES} GROUP BY "device")`,
        table: true,
      },
    ],
  },
  {
    Time: null,
    device: { title: 'Device' },
    connected: { title: 'Connection', mappings: CONNECTED },
    outbox: { title: 'Frames that wait on it' },
    dropped: { title: 'Frames dropped' },
    temperature: { title: 'Processor', unit: 'celsius', decimals: 1 },
  },
)

const connected = timeline({
  title: 'Connected',
  description: 'Whether each device was connected; of the last month of the span',
  width: 24,
  queries: [{ influxql: `SELECT last("connected") FROM "device" ${RECENT} ${EACH} fill(none)`, alias }],
})
  .mappings(CONNECTED)
  .interval('1m')

const outbox = lines(
  {
    title: 'Frames that wait on devices',
    description: 'The outbox of each: it grows while the server cannot be reached, or the line is too slow',
    width: 12,
    queries: [{ influxql: `SELECT max("outbox_frames") FROM "device" ${RECENT} ${EACH} fill(none)`, alias }],
  },
  'short',
)
  .min(0)
  .interval('1m')

/**
 * What a count grew by from each point to the next: summed over steps it is right at every zoom, also where a count began
 * anew because an agent was started.
 */
const growth = (count: string) =>
  `(SELECT non_negative_difference("${count}") AS "growth" FROM "device" ${RECENT} GROUP BY "device") WHERE $timeFilter`

const dropped = bars(
  {
    title: 'Frames dropped',
    description: 'Lost to a bound of the outbox, in each step',
    width: 12,
    queries: [{ influxql: `SELECT sum("growth") FROM ${growth('dropped_frames')} ${EACH} fill(none)`, alias }],
  },
  'short',
).interval('1m')

const pictures = lines(
  {
    title: 'Pictures per minute',
    description: 'Taken, left out by a gate because nothing had changed, and sent; all devices chosen together',
    width: 12,
    queries: ['captured', 'gated', 'sent'].map((count) => ({
      influxql: `SELECT ${perMinute('sum("growth")')} FROM ${growth(count)} GROUP BY time($__interval) fill(none)`,
      alias: count,
    })),
  },
  'short',
)
  .min(0)
  .interval('1m')

const temperature = lines(
  {
    title: 'Temperature',
    description: 'Of the processor of each device; a Raspberry Pi slows down at 80 °C',
    width: 12,
    queries: [{ influxql: `SELECT mean("temperature_c") FROM "device" ${RECENT} ${EACH} fill(none)`, alias }],
  },
  'celsius',
).interval('1m')

const READINGS = `FROM "reading" WHERE ${lastDays(31)} AND ${DEVICES}`
const SENSOR = '"device", "sensor"'

const readings = lines(
  {
    title: 'Readings',
    description: 'Of sensors that read a number, and the means of those that read a list, in the unit of each sensor',
    width: 12,
    queries: ['value', 'mean'].map((field) => ({
      influxql: `SELECT mean("${field}") ${READINGS} GROUP BY time($__interval), ${SENSOR} fill(none)`,
      alias: '$tag_device $tag_sensor',
    })),
  },
  'short',
)

const contacts = timeline({
  title: 'Contacts',
  description: 'Of sensors that read a text, such as a door contact',
  width: 12,
  queries: [{ influxql: `SELECT "text" ${READINGS} GROUP BY ${SENSOR}`, alias: '$tag_device $tag_sensor' }],
})

export const devices = [now, connected, outbox, dropped, pictures, temperature, readings, contacts]
