import { APART_MS, CAMERA, longPast, type Past } from './long-past.ts'
import { median, percentile } from './peers.ts'
import { triggerCost } from './rollup-cost.ts'

const SIZES = [1e4, 1e6]
const ROUNDS = 5
const CALLS = 20
const POINTS = 600
const HOUR = 3_600_000

/**
 * What the page of a camera asks, of all that there is and of an hour: with ten thousand results and with many more, in
 * turn. And what it costs to roll results up as they are recorded.
 * @param sizes results; AJAR_BENCH_RESULTS adds one
 */
export default async function history(sizes = [...SIZES, ...more()]) {
  const pasts: Past[] = []
  try {
    for (const size of sizes) pasts.push(await longPast(size))
    for (const { results, filledIn } of pasts)
      console.log(`${results} results were rolled up in ${filledIn.toFixed(1)} s (${perSecond(results, filledIn)}/s)`)
    console.log(`${ROUNDS} x ${CALLS} calls each over HTTP, alternating; p50 and p99 in ms, medians of rounds`)
    const [first, last] = [pasts.at(0), pasts.at(-1)]
    for (const [name, query] of Object.entries(QUERIES)) {
      const timed = await inTurn(pasts, query)
      const figures = timed.map(({ p50, p99 }) => `${p50.toFixed(1)} / ${p99.toFixed(1)}`.padStart(15))
      const ratio = (timed.at(-1)?.p50 ?? 0) / (timed.at(0)?.p50 ?? 1)
      console.log(`${name.padEnd(38)}${figures.join('')}   ratio ${ratio.toFixed(2)}`)
    }
    console.log(
      `columns: ${pasts.map(({ results }) => results).join(', ')} results; ratio ${last?.results} to ${first?.results}`,
    )
  } finally {
    for (const past of pasts) await past.close()
  }
  await triggerCost()
}

type Query = (past: Past, next: () => number) => string[]

const OF_CAMERA = `/api/cameras/${CAMERA}`
const all = ({ from, to }: Past) => `from=${from}&to=${to}`
const every = ({ from, to }: Past) => `every=${Math.max(1, Math.round((to - from) / POINTS))}`
const moment = ({ from, to }: Past, next: () => number) => Math.round(from + next() * (to - from))
const frameAt = ({ from, results }: Past, next: () => number) => from + Math.floor(next() * results) * APART_MS

/** Calls that are made at once. */
const QUERIES: Record<string, Query> = {
  'history, all': (past) => [`${OF_CAMERA}/history?${all(past)}&points=${POINTS}`],
  'ribbon, all': (past) => [`${OF_CAMERA}/ribbon?${all(past)}&${every(past)}`],
  'time in state, all': (past) => [`${OF_CAMERA}/time-in-state?${all(past)}`],
  'results thinned, all': (past) => [`${OF_CAMERA}/results?${all(past)}&${every(past)}&limit=1200`],
  'table of results, newest page': (past) => [`/api/frames?camera=${CAMERA}&${all(past)}&limit=15`],
  'table of results, some page': (past, next) => [
    `/api/frames?camera=${CAMERA}&${all(past)}&limit=15&cursor=${moment(past, next)}`,
  ],
  'first result': () => [`${OF_CAMERA}/results?limit=1`],
  'frame nearest to a moment': (past, next) => {
    const at = moment(past, next)
    return [`/api/frames?camera=${CAMERA}&to=${at}&limit=1`, `${OF_CAMERA}/results?from=${at}&limit=1`]
  },
  'a frame and its readings': (past, next) => {
    const at = frameAt(past, next)
    return [`/api/frames/${CAMERA}/${at}`, `/api/readings/at?device=bench-pi&at=${at}`]
  },
  'ribbons of the wall, an hour': ({ to }) => [`/api/ribbons?from=${to - HOUR}&to=${to}&every=10000`],
  'the page, an hour': (past) => page({ ...past, from: past.to - HOUR }),
  'the page, a week': (past) => page({ ...past, from: past.to - 168 * HOUR }),
  'the page, all': (past) => page(past),
}

/** All that the page asks when a span is chosen. */
function page(past: Past): string[] {
  return [
    `${OF_CAMERA}/ribbon?${all(past)}&${every(past)}`,
    `${OF_CAMERA}/history?${all(past)}&points=${POINTS}`,
    `${OF_CAMERA}/time-in-state?${all(past)}`,
    `/api/frames?camera=${CAMERA}&${all(past)}&limit=15`,
    `${OF_CAMERA}/results?limit=1`,
    `/api/readings/at?device=bench-pi&at=${past.to}`,
  ]
}

/** Each past in turn, call by call, so that what else the machine does befalls them alike. */
async function inTurn(pasts: Past[], query: Query): Promise<{ p50: number; p99: number }[]> {
  const rounds = pasts.map((): number[][] => [])
  // The first round is not counted: it warms all.
  for (let round = -1; round < ROUNDS; round++) {
    const times = pasts.map((): number[] => [])
    for (let call = 0; call < CALLS; call++)
      for (const [i, past] of pasts.entries()) {
        const startedAt = performance.now()
        await Promise.all(query(past, Math.random).map((path) => past.server.api.get(path)))
        times[i]?.push(performance.now() - startedAt)
      }
    if (round >= 0) for (const [i, some] of times.entries()) rounds[i]?.push(some.sort((a, b) => a - b))
  }
  return rounds.map((ofPast) => ({
    p50: median(ofPast.map((times) => percentile(times, 0.5))),
    p99: percentile(
      ofPast.flat().sort((a, b) => a - b),
      0.99,
    ),
  }))
}

function more(): number[] {
  const given = Number(process.env.AJAR_BENCH_RESULTS ?? 0)
  return given > 0 ? [given] : []
}

function perSecond(results: number, seconds: number): string {
  return Math.round(results / seconds).toLocaleString('en')
}
