import { StackingMode } from '@grafana/grafana-foundation-sdk/common'
import { DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { frames } from './door-frames.ts'
import { health } from './door-health.ts'
import { MEAN_CONFIDENCE, perHour, SINCE_BEFORE, WITHIN_A_YEAR } from './influx.ts'
import { bars, figure, inStateColours, lines, shares, timeline, toOthers } from './panels.ts'
import { STATE_MAPPINGS } from './states.ts'
import { consoleAddress, DOOR, oneCamera, oneDevice, source } from './variables.ts'

/** One camera: its states, how sure they are, and its frames. */
export function door(): DashboardBuilder {
  const dashboard = new DashboardBuilder('ajar: one door')
    .uid('ajar-door')
    .description(
      'One camera: which state it was in, how often it changed, how sure that is, its newest frames, and how the camera itself is',
    )
    .time({ from: 'now-24h', to: 'now' })
    .withVariable(source())
    .withVariable(oneDevice())
    .withVariable(oneCamera())
    .withVariable(consoleAddress())
    .link(toOthers())
    .withPanel(now)
    .withPanel(since)
    .withPanel(sure)
    .withPanel(newest)
    .withPanel(states)
    .withPanel(inStates)
    .withPanel(entered)
    .withRow(new RowBuilder('Frames, at most of the last seven days of the span'))
    .withPanel(frames.confidence)
    .withPanel(frames.probabilities)
    .withPanel(frames.perMinute)
    .withPanel(frames.delay)
    .withPanel(frames.newest)
    .withRow(new RowBuilder('By the hour, over any span'))
    .withPanel(share)
    .withPanel(confidenceByHour)
    .withRow(new RowBuilder('Camera health'))
  for (const panel of health) dashboard.withPanel(panel)
  return dashboard
}

const LAST = `FROM "transition" WHERE ${WITHIN_A_YEAR} AND "superseded" = false AND ${DOOR}`

const now = figure({
  title: 'State now',
  description: 'As of the newest transition',
  width: 6,
  height: 4,
  queries: [{ influxql: `SELECT last("to") ${LAST}` }],
}).mappings(STATE_MAPPINGS)

const since = figure(
  {
    title: 'Since',
    description: 'When it came into that state',
    width: 6,
    height: 4,
    queries: [{ influxql: `SELECT last("to") ${LAST}`, table: true }],
  },
  '/^Time$/',
).unit('dateTimeFromNow')

const NEWEST = `FROM "result" WHERE time > now() - 30d AND ${DOOR}`

const sure = figure({
  title: 'Confidence',
  description: 'Of the newest frame that has one',
  width: 6,
  height: 4,
  queries: [{ influxql: `SELECT last("confidence") ${NEWEST}` }],
})
  .unit('percentunit')
  .decimals(1)

const newest = figure(
  {
    title: 'Newest frame',
    description: 'When it was taken',
    width: 6,
    height: 4,
    queries: [{ influxql: `SELECT last("skipped") ${NEWEST}`, table: true }],
  },
  '/^Time$/',
).unit('dateTimeFromNow')

const states = timeline({
  title: 'States',
  description: 'Debounced states; of a span longer than a month its last month',
  width: 24,
  height: 5,
  queries: [{ influxql: `SELECT "to" FROM "transition" WHERE ${SINCE_BEFORE} AND ${DOOR}`, alias: '$camera' }],
})

const inStates = shares(
  {
    title: 'Time in each state',
    description: 'Of the whole hours within the span',
    width: 8,
    queries: [
      {
        influxql: `SELECT sum("seconds") FROM "rollups"."state_1h" WHERE $timeFilter AND ${DOOR} GROUP BY "state"`,
        alias: '$tag_state',
      },
    ],
  },
  'dtdurations',
)

const entered = inStateColours(
  bars(
    {
      title: 'Openings per hour',
      description: 'How often the door came into each state, per hour, closed hours only',
      width: 16,
      queries: [
        {
          influxql: `SELECT ${perHour('sum("entered")')} FROM "rollups"."state_1h"
            WHERE $timeFilter AND ${DOOR} GROUP BY time($__interval), "state" fill(none)`,
          alias: '$tag_state',
        },
      ],
    },
    'short',
  ),
).interval('1h')

const share = inStateColours(
  bars(
    {
      title: 'Share of each state',
      description: 'Of the time that is known',
      width: 12,
      queries: [
        {
          influxql: `SELECT sum("seconds") FROM "rollups"."state_1h"
            WHERE $timeFilter AND ${DOOR} GROUP BY time($__interval), "state" fill(none)`,
          alias: '$tag_state',
        },
      ],
    },
    's',
    StackingMode.Percent,
  ),
).interval('1h')

const confidenceByHour = lines(
  {
    title: 'Confidence',
    description: 'Mean, least and greatest of each hour; they are exact at every zoom',
    width: 12,
    queries: [
      {
        influxql: `SELECT ${MEAN_CONFIDENCE} FROM "rollups"."result_1h"
          WHERE $timeFilter AND ${DOOR} GROUP BY time($__interval) fill(none)`,
        alias: 'mean',
      },
      ...['min', 'max'].map((bound) => ({
        influxql: `SELECT ${bound}("confidence_${bound}") FROM "rollups"."result_1h"
          WHERE $timeFilter AND ${DOOR} GROUP BY time($__interval) fill(none)`,
        alias: bound,
      })),
    ],
  },
  'percentunit',
)
  .min(0)
  .max(1)
  .interval('1h')
