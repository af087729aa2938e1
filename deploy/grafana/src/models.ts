import { StackingMode } from '@grafana/grafana-foundation-sdk/common'
import { DashboardBuilder, RowBuilder, TextBoxVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { lastDays, MEAN_CONFIDENCE, perHour } from './influx.ts'
import { PICTURE_OF_ROW } from './links.ts'
import { bars, inStateColours, lines, table, toOthers } from './panels.ts'
import { GREY } from './states.ts'
import { CAMERAS, camerasOfThem, consoleAddress, devicesWithFrames, source } from './variables.ts'

const NAME = '$tag_device/$tag_camera'
const RECENT = `FROM "result" WHERE ${lastDays(7)} AND ${CAMERAS}`
const HOURS = `FROM "rollups"."result_1h" WHERE $timeFilter AND ${CAMERAS}`
const BY_CAMERA = 'GROUP BY time($__interval), "device", "camera" fill(none)'

/** Whether models still know what they see: the first sign of a moved camera, a new season, a lamp that is broken. */
export const models = () =>
  new DashboardBuilder('ajar: model health')
    .uid('ajar-models')
    .description('How sure the models are, how often they know no state and why, and how long they take')
    .time({ from: 'now-7d', to: 'now' })
    .withVariable(source())
    .withVariable(devicesWithFrames())
    .withVariable(camerasOfThem())
    .withVariable(
      new TextBoxVariableBuilder('low')
        .label('Low confidence')
        .description('results below it are listed, and counted')
        .defaultValue('0.8')
        .current({ text: '0.8', value: '0.8' }),
    )
    .withVariable(consoleAddress())
    .link(toOthers())
    .withRow(new RowBuilder('By the hour, over any span'))
    .withPanel(trend)
    .withPanel(states)
    .withPanel(flips)
    .withPanel(latencyByHour)
    .withRow(new RowBuilder('Frames, at most of the last seven days of the span'))
    .withPanel(reasons)
    .withPanel(latency)
    .withPanel(byModel)
    .withPanel(low)
    .withPanel(lowest)

const trend = lines(
  {
    title: 'Mean confidence',
    description: 'Of all results that have one. A slow fall asks for new labels, a sudden one for a look at the camera',
    width: 12,
    queries: [
      {
        influxql: `SELECT ${MEAN_CONFIDENCE} ${HOURS} ${BY_CAMERA}`,
        alias: NAME,
      },
    ],
  },
  'percentunit',
)
  .max(1)
  .interval('1h')

const states = inStateColours(
  bars(
    {
      title: 'Share of each state, and of unknown',
      description: 'Of the results of all cameras chosen',
      width: 12,
      queries: [
        {
          influxql: `SELECT sum("results") ${HOURS} GROUP BY time($__interval), "state" fill(none)`,
          alias: '$tag_state',
        },
      ],
    },
    'short',
    StackingMode.Percent,
  ),
).interval('1h')

const flips = bars(
  {
    title: 'Flips per hour',
    description: 'How often each camera changed its state; many more than doors move mean that the model wavers',
    width: 12,
    queries: [
      {
        influxql: `SELECT ${perHour('sum("entered")')} FROM "rollups"."state_1h"
          WHERE $timeFilter AND ${CAMERAS} ${BY_CAMERA}`,
        alias: NAME,
      },
    ],
  },
  'short',
).interval('1h')

const latencyByHour = lines(
  {
    title: 'Time of the model',
    description: 'From the frame taken from the queue to its prediction: the mean of the means of each hour and state',
    width: 12,
    queries: [{ influxql: `SELECT mean("latency_ms_mean") ${HOURS} ${BY_CAMERA}`, alias: NAME }],
  },
  'ms',
)
  .min(0)
  .interval('1h')

/** Why a frame has no state; InfluxDB groups by tags alone, and a reason is a field. */
const REASONS = {
  no_model: 'no model',
  low_confidence: 'low confidence',
  unlike_training: 'unlike anything in training',
  covered: 'covered',
}

const reasons = bars(
  {
    title: 'Share of unknown, by reason',
    description: 'Of the frames that were classified',
    width: 12,
    queries: [
      {
        influxql: `SELECT count("latency_ms") ${RECENT} AND "state" != 'unknown' GROUP BY time($__interval)`,
        alias: 'known',
      },
      ...Object.entries(REASONS).map(([reason, alias]) => ({
        influxql: `SELECT count("latency_ms") ${RECENT} AND "reason" = '${reason}' GROUP BY time($__interval)`,
        alias,
      })),
    ].map(({ influxql, alias }) => ({ influxql: `${influxql} fill(none)`, alias })),
  },
  'short',
  StackingMode.Percent,
).overrideByName('known', [{ id: 'color', value: { mode: 'fixed', fixedColor: GREY } }])

const latency = lines(
  {
    title: 'Time of the model, 95th percentile',
    description: 'From the frame taken from the queue to its prediction',
    width: 12,
    queries: [
      { influxql: `SELECT percentile("latency_ms", 95) ${RECENT} AND "model" != 'none' ${BY_CAMERA}`, alias: NAME },
    ],
  },
  'ms',
).min(0)

const byModel = bars(
  {
    title: 'Results of each model',
    description: 'Which version was asked, and when another took over; `none` are frames that no model saw',
    width: 12,
    queries: [
      {
        influxql: `SELECT count("latency_ms") ${RECENT} GROUP BY time($__interval), "model" fill(none)`,
        alias: '$tag_model',
      },
    ],
  },
  'short',
)

const low = lines(
  {
    title: 'Results of low confidence, per hour',
    description: 'Below the confidence chosen above',
    width: 12,
    queries: [
      {
        influxql: `SELECT ${perHour('count("confidence")')} ${RECENT} AND "confidence" < $low ${BY_CAMERA}`,
        alias: NAME,
      },
    ],
  },
  'short',
)
  .min(0)
  .interval('1m')

const lowest = table(
  {
    title: 'Newest results of low confidence',
    description: 'They teach a model most; the time leads to the picture in the console',
    width: 24,
    height: 10,
    queries: [
      {
        influxql: `SELECT "device", "camera", "state", "confidence", "reason", "model" ${RECENT} AND "confidence" < $low
          ORDER BY time DESC LIMIT 100`,
        table: true,
      },
    ],
  },
  {
    Time: {
      title: 'Taken',
      width: 200,
      link: PICTURE_OF_ROW,
    },
    device: { title: 'Device' },
    camera: { title: 'Camera' },
    state: { title: 'State', isState: true },
    confidence: { title: 'Confidence', unit: 'percentunit', decimals: 1 },
    reason: { title: 'Why unknown' },
    model: { title: 'Model' },
  },
)
