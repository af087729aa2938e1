import { DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { lastDays, MEAN_CONFIDENCE, perHour, perMinute, SINCE_BEFORE, WITHIN_A_YEAR } from './influx.ts'
import { CAMERA_OF_ROW, TO_DOOR } from './links.ts'
import { bars, lines, table, timeline, toOthers } from './panels.ts'
import { consoleAddress, DEVICES, devicesWithFrames, source } from './variables.ts'

const NAME = '$tag_device/$tag_camera'

/** All doors at a glance: how they are now, how they were, and whether frames come. */
export const overview = () =>
  new DashboardBuilder('ajar: all doors')
    .uid('ajar-overview')
    .description('The state of every camera, now and over time')
    .time({ from: 'now-24h', to: 'now' })
    .withVariable(source())
    .withVariable(devicesWithFrames())
    .withVariable(consoleAddress())
    .link(toOthers())
    .withPanel(now)
    .withPanel(newest)
    .withPanel(states)
    .withPanel(frames)
    .withRow(new RowBuilder('By the hour, over any span'))
    .withPanel(inStates)
    .withPanel(changes)
    .withPanel(confidence)

const now = table(
  {
    title: 'Doors now',
    description: 'The state that each camera is in, and since when',
    width: 12,
    height: 9,
    queries: [
      {
        // Its groups are columns, and not series: Grafana mixes up the columns of several tags.
        influxql: `SELECT "now", "device", "camera" FROM (
          SELECT last("to") AS "now" FROM "transition"
          WHERE ${WITHIN_A_YEAR} AND "superseded" = false AND ${DEVICES} GROUP BY "device", "camera")`,
        table: true,
      },
    ],
  },
  {
    Time: { title: 'Since', unit: 'dateTimeFromNow' },
    now: { title: 'State', isState: true, link: TO_DOOR },
    camera: {
      link: CAMERA_OF_ROW,
    },
  },
)

const newest = table(
  {
    title: 'Newest frames',
    description: 'When the newest frame of each camera was taken, and how long it took to get its result',
    width: 12,
    height: 9,
    queries: [
      {
        influxql: `SELECT "ms", "device", "camera" FROM (
          SELECT last("pipeline_ms") AS "ms" FROM "result"
          WHERE time > now() - 30d AND ${DEVICES} GROUP BY "device", "camera")`,
        table: true,
      },
    ],
  },
  { Time: { title: 'Taken', unit: 'dateTimeFromNow' }, ms: { title: 'Result after', unit: 'ms', link: TO_DOOR } },
)

const states = timeline({
  title: 'States',
  description: 'Debounced states; of a span longer than a month its last month',
  width: 24,
  height: 10,
  queries: [
    {
      influxql: `SELECT "to" FROM "transition" WHERE ${SINCE_BEFORE} AND ${DEVICES} GROUP BY "device", "camera"`,
      alias: NAME,
    },
  ],
})

const inStates = table(
  {
    title: 'Time in each state',
    description: 'How long each camera was in each state within the span, and how often it came into it; whole hours',
    width: 12,
    height: 10,
    queries: [
      {
        influxql: `SELECT "seconds", "entered", "device", "camera", "state" FROM (
          SELECT sum("seconds") AS "seconds", sum("entered") AS "entered" FROM "rollups"."state_1h"
          WHERE $timeFilter AND ${DEVICES} GROUP BY "device", "camera", "state")`,
        table: true,
      },
    ],
  },
  {
    Time: null,
    seconds: { title: 'Time', unit: 'dtdurations' },
    entered: { title: 'Times' },
    state: { title: 'State', isState: true },
  },
)

const changes = bars(
  {
    title: 'Changes per hour',
    description: 'How often each camera changed its state',
    width: 12,
    height: 10,
    queries: [
      {
        influxql: `SELECT ${perHour('sum("entered")')} FROM "rollups"."state_1h"
          WHERE $timeFilter AND ${DEVICES} GROUP BY time($__interval), "device", "camera" fill(none)`,
        alias: NAME,
      },
    ],
  },
  'short',
).interval('1h')

const confidence = lines(
  {
    title: 'Mean confidence',
    description: 'Of all results that have one; a fall means that a camera was moved, or that something is new',
    width: 24,
    queries: [
      {
        influxql: `SELECT ${MEAN_CONFIDENCE} FROM "rollups"."result_1h"
          WHERE $timeFilter AND ${DEVICES} GROUP BY time($__interval), "device", "camera" fill(none)`,
        alias: NAME,
      },
    ],
  },
  'percentunit',
)
  .max(1)
  .interval('1h')

const frames = lines(
  {
    title: 'Frames per minute',
    description: 'Frames that ended, also skipped ones; at most the last seven days',
    width: 24,
    height: 7,
    queries: [
      {
        influxql: `SELECT ${perMinute('count("skipped")')} FROM "result"
          WHERE ${lastDays(7)} AND ${DEVICES} GROUP BY time($__interval), "device", "camera" fill(0)`,
        alias: NAME,
      },
    ],
  },
  'short',
)
  .min(0)
  .interval('1m')
