import { lastDays, perMinute } from './influx.ts'
import { PICTURE } from './links.ts'
import { bars, inStateColours, lines, table } from './panels.ts'
import { DOOR } from './variables.ts'

const RECENT = `FROM "result" WHERE ${lastDays(7)} AND ${DOOR}`
const EACH_STEP = 'GROUP BY time($__interval)'

const confidence = lines(
  {
    title: 'Confidence',
    description: 'Probability of the most probable state: mean, least and greatest of each step',
    width: 12,
    queries: ['mean', 'min', 'max'].map((of) => ({
      influxql: `SELECT ${of}("confidence") ${RECENT} ${EACH_STEP} fill(none)`,
      alias: of,
    })),
  },
  'percentunit',
)
  .min(0)
  .max(1)

const probabilities = inStateColours(
  lines(
    {
      title: 'Probabilities',
      description: 'Of each state that the model knows, before any threshold',
      width: 12,
      queries: [
        {
          influxql: `SELECT mean("value") FROM "probability" WHERE ${lastDays(7)} AND ${DOOR}
            ${EACH_STEP}, "state" fill(none)`,
          alias: '$tag_state',
        },
      ],
    },
    'percentunit',
  ),
)
  .min(0)
  .max(1)

const per = bars(
  {
    title: 'Frames per minute',
    description: 'Skipped ones waited too long for their result; late ones came after newer ones had theirs',
    width: 12,
    queries: [
      ['classified', '"skipped" = false AND "late" = false'],
      ['late', '"late" = true'],
      ['skipped', '"skipped" = true'],
    ].map(([alias = '', which]) => ({
      influxql: `SELECT ${perMinute('count("skipped")')} ${RECENT} AND ${which} ${EACH_STEP} fill(none)`,
      alias,
    })),
  },
  'short',
).interval('1m')

const delay = lines(
  {
    title: 'Time to the result',
    description:
      'From the frame received to its result, and the part of it that was spent on the model; 95th percentiles',
    width: 12,
    queries: [
      ['received to result', 'pipeline_ms'],
      ['model', 'latency_ms'],
    ].map(([alias = '', field]) => ({
      influxql: `SELECT percentile("${field}", 95) ${RECENT} AND "model" != 'none' ${EACH_STEP} fill(none)`,
      alias,
    })),
  },
  'ms',
).min(0)

const newest = table(
  {
    title: 'Newest frames',
    description: 'Of the span; the time leads to the picture in the console',
    width: 24,
    height: 10,
    queries: [
      {
        influxql: `SELECT "state", "confidence", "reason", "model", "pipeline_ms", "late", "skipped" ${RECENT}
          ORDER BY time DESC LIMIT 100`,
        table: true,
      },
    ],
  },
  {
    Time: {
      title: 'Taken',
      width: 200,
      link: PICTURE,
    },
    state: { title: 'State', isState: true },
    confidence: { title: 'Confidence', unit: 'percentunit', decimals: 1 },
    reason: { title: 'Why unknown' },
    model: { title: 'Model' },
    pipeline_ms: { title: 'Result after', unit: 'ms' },
    late: { title: 'Late' },
    skipped: { title: 'Skipped' },
  },
)

export const frames = { confidence, probabilities, perMinute: per, delay, newest }
