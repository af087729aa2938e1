import { Type } from 'typebox'
import type { StateDatabase } from '../database/state-database.ts'
import type { Sources } from '../devices/sources.ts'
import type { Http } from '../http/http.ts'
import { NOUNS } from '../http/nouns.ts'
import { iso, isoOrNull, listOf, Milliseconds, nullable, Time } from '../http/shapes.ts'
import { refuseEmpty } from '../http/span.ts'
import { bucketsOf, knownSince } from './buckets.ts'
import { timeInState } from './time-in-state.ts'

const BucketBody = Type.Object({
  at: Time,
  results: Type.Integer(),
  states: Type.Record(Type.String(), Type.Integer(), { description: 'how many results said each state' }),
  confidence: nullable(
    Type.Object({
      mean: Type.Number(),
      min: Type.Number(),
      minFrame: Type.String({ description: 'the frame that had it; it may be gone by now' }),
      max: Type.Number(),
      maxFrame: Type.String(),
    }),
  ),
})
const HistoryBody = Type.Object({
  width: Type.Integer({ description: 'how long each bucket is, in milliseconds' }),
  since: Type.Union([Time, Type.Null()], { description: "the first result of the camera's whole history" }),
  ...listOf(BucketBody).properties,
})
const InState = Type.Object({
  state: Type.String(),
  seconds: Type.Number(),
  entered: Type.Integer({ description: 'how often it changed to this state' }),
})
const span = { from: Milliseconds, to: Milliseconds }

/** The past of a camera, at a cost of what is shown and not of what is stored. */
export function historyRoutes(http: Http, { database, sources }: { database: StateDatabase; sources: Sources }) {
  for (const noun of NOUNS)
    http.get(
      `${noun.path}/history`,
      {
        config: { access: 'viewer' },
        schema: {
          summary: 'What results said over a span, however long: at most `points` buckets of equal length',
          description:
            'Buckets begin at multiples of their length and are told whole, also where the span cuts them; those without a ' +
            'result are left out. Lowest and highest confidence are exact. Of a time whose results went for their age ' +
            '(AJAR_RETAIN_RESULTS_DAYS) whole hours are told.',
          params: noun.params,
          querystring: Type.Object({ ...span, points: Type.Integer({ minimum: 2, maximum: 2000, default: 600 }) }),
          response: { 200: HistoryBody },
        },
      },
      async ({ params, query }) => {
        const { id } = sources.at(noun, params)
        refuseEmpty(query)
        const { width, items } = await bucketsOf(database.read, id, query)
        const since = isoOrNull(await knownSince(database.read, id))
        const shown = items.map(({ at, results, states, confidence }) => ({
          ...{ at: iso(at), results, states },
          confidence: confidence && {
            mean: confidence.mean,
            min: confidence.min,
            minFrame: `${id}/${confidence.minAt}`,
            max: confidence.max,
            maxFrame: `${id}/${confidence.maxAt}`,
          },
        }))
        return { width, since, items: shown, next: null }
      },
    )

  for (const noun of NOUNS)
    http.get(
      `${noun.path}/time-in-state`,
      {
        config: { access: 'viewer' },
        schema: {
          summary: 'How long a camera was in each state over a span, and how often it changed to it; the longest first',
          description:
            'By its transitions, up to now. Before it earned its first state it was in `unknown`, from its first result on, ' +
            'also while no frames came: from then on the seconds of all states together are those of the span. Of the time ' +
            'before that nothing is said.',
          params: noun.params,
          querystring: Type.Object(span),
          response: { 200: listOf(InState) },
        },
      },
      async ({ params, query }) => {
        const { id } = sources.at(noun, params)
        refuseEmpty(query)
        const times = await timeInState(database.read, id, query, Date.now())
        return { items: times.map(({ state, ms, entered }) => ({ state, seconds: ms / 1000, entered })), next: null }
      },
    )
}
