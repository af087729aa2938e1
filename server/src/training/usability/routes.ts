import { Type } from 'typebox'
import type { Sources } from '../../devices/sources.ts'
import type { Http } from '../../http/http.ts'
import { SENSOR } from '../../http/nouns.ts'
import { nullable } from '../../http/shapes.ts'
import type { Usabilities } from './usabilities.ts'

const UsabilityBody = Type.Object({
  states: Type.Array(Type.String()),
  perState: Type.Record(Type.String(), Type.Integer(), { description: 'labelled readings that were looked at' }),
  pairs: Type.Array(
    Type.Object({
      a: Type.String(),
      b: Type.String(),
      value: nullable(
        Type.Number({ description: '0: their readings cannot be told apart; 1: each can; null: there are too few' }),
      ),
      words: Type.Enum(['apart', 'close', 'not told apart', 'not known']),
    }),
  ),
  grade: Type.Enum(['usable', 'partly', 'not'], {
    description:
      'usable: all pairs are apart, or 85 of 100 held-out readings got their state and no pair is not told apart; ' +
      'partly: at least two states can be told from one another so well',
  }),
  usable: Type.Boolean({ description: 'the grade is usable' }),
  right: nullable(
    Type.Number({ description: 'share of held-out readings that got their state, states counting alike' }),
  ),
  window: Type.Integer({ description: 'readings of a look, as it was made with' }),
  wider: nullable(
    Type.Object(
      { window: Type.Integer(), right: Type.Number() },
      { description: 'a wider window with which clearly more readings got their state, as was computed; null: none' },
    ),
  ),
  verdict: Type.String({ description: 'what that means, and what to do' }),
})

export function usabilityRoutes(http: Http, { sources, usabilities }: { sources: Sources; usabilities: Usabilities }) {
  http.get(
    `${SENSOR.path}/usability`,
    {
      config: { access: 'operator' },
      schema: {
        summary: 'How well each two states of a sensor can be told apart by its labelled readings, before any training',
        description:
          'A cheap judge learns from some blocks of time and is asked about the others. It takes seconds; while nothing is ' +
          'labelled otherwise it is not computed again.',
        params: SENSOR.params,
        response: { 200: UsabilityBody },
      },
    },
    async ({ params }) => usabilities.of(sources.at(SENSOR, params).id),
  )
}
