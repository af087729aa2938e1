import { FEWEST_FRAMES } from '@ajar/models'
import { frameId } from '@ajar/protocol'
import { Type } from 'typebox'
import type { Sources } from '../../devices/sources.ts'
import { callerName } from '../../http/access.ts'
import type { Http } from '../../http/http.ts'
import { LEARNERS, shotIn } from '../../http/nouns.ts'
import { listOf, nullable } from '../../http/shapes.ts'
import type { Labels } from './labels.ts'
import type { Suspect } from './suspects.ts'

const State = Type.String({
  description: 'a state of its camera or sensor, or a mark: `unclear` (nobody can tell), `ignore` (not to be used)',
})
const Label = Type.Object({ frame: Type.String(), state: State }, { additionalProperties: false })
const Said = Type.Object({ frame: Type.String(), state: nullable(State) }, { additionalProperties: false })
const Counts = Type.Object({
  counts: Type.Record(Type.String(), Type.Integer(), {
    description: 'by state and by mark; those without any are not named',
  }),
  borrowed: Type.Record(Type.String(), Type.Integer(), {
    description: 'of other cameras, by state; it learns from these too',
  }),
  least: Type.Integer({ description: 'frames of each state without which training is refused' }),
  good: Type.Integer({ description: 'frames of each state that make a good model of most cameras' }),
})
const SuspectBody = Type.Object({
  frame: Type.String(),
  label: Type.String(),
  said: Type.String({ description: 'what the model said' }),
  confidence: Type.Number(),
})
/** Measured on fixed cameras: more gains little (README, "Measured"). */
const GOOD_FRAMES = 20
const strict = { additionalProperties: false }

export interface LabelRoutesPorts {
  sources: Sources
  labels: Labels
  /** Labels that look wrong to the model that learned from them. */
  suspectsOf(camera: string): Promise<Suspect[]>
}

export function labelRoutes(http: Http, { sources, labels, suspectsOf }: LabelRoutesPorts) {
  for (const learner of LEARNERS) {
    http.put(
      `${learner.shotPath}/label`,
      {
        config: { access: 'operator' },
        schema: {
          summary: `Say what ${learner.shot} shows`,
          params: learner.shotParams,
          body: Type.Object({ state: State }, strict),
          response: { 200: Label },
        },
      },
      async (request) => {
        sources.at(learner, request.params)
        const label = { frame: frameId(shotIn(request.params)), state: request.body.state }
        await labels.put([label], callerName(request))
        return label
      },
    )

    http.delete(
      `${learner.shotPath}/label`,
      {
        config: { access: 'operator' },
        schema: { summary: `Take the label of ${learner.shot} back`, params: learner.shotParams },
      },
      async ({ params }, reply) => {
        sources.at(learner, params)
        await labels.remove(shotIn(params))
        return reply.status(204).send()
      },
    )
  }

  http.get(
    '/api/labels',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'How many frames, or readings, of a source are labelled, and how many training needs',
        querystring: Type.Object({ camera: Type.String({ description: 'device/camera' }) }),
        response: { 200: Counts },
      },
    },
    async ({ query: { camera } }) => ({
      counts: await labels.countsOf(camera),
      borrowed: await labels.countsOf(camera, 'borrowed_labels'),
      ...{ least: FEWEST_FRAMES, good: GOOD_FRAMES },
    }),
  )

  http.get(
    '/api/labels/suspects',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Labels that look wrong, the most suspicious first',
        description:
          'Of the newest model that could be evaluated: frames of which it was sure of another state when it had not ' +
          'learned from them. Those whose label was changed since then are left out.',
        querystring: Type.Object({ camera: Type.String({ description: 'device/camera' }) }),
        response: { 200: listOf(SuspectBody) },
      },
    },
    async ({ query }) => ({ items: await suspectsOf(query.camera), next: null }),
  )

  http.post(
    '/api/labels',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Label many frames or readings, all or none; a state that is null takes the label back',
        body: Type.Object({ labels: Type.Array(Said, { minItems: 1, maxItems: 1000 }) }, strict),
        response: { 200: Type.Object({ labelled: Type.Integer() }) },
      },
    },
    async (request) => {
      await labels.put(request.body.labels, callerName(request))
      return { labelled: request.body.labels.length }
    },
  )
}
