import { lengthOf, MOST_NUMBERS, MOST_WINDOW } from '@ajar/models'
import { Type } from 'typebox'
import type { ClassifyAnswer } from '../classify/classify-pool.ts'
import type { Sources } from '../devices/sources.ts'
import { AtMost } from '../http/at-most.ts'
import { badRequest, HttpError } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { CAMERA, type Learner, SENSOR } from '../http/nouns.ts'
import { Picture, pictureIn } from '../http/picture.ts'
import { nullable } from '../http/shapes.ts'
import { ResultBody } from './results.ts'

/** What is classified and not kept takes the threads from what is: a little at once. */
const MOST_CLASSIFYING = 8
const CLASSIFY_LIMIT_MS = 10_000

const Answer = Type.Object({
  state: Type.String(),
  confidence: Type.Number(),
  probabilities: Type.Record(Type.String(), Type.Number()),
  reason: nullable(Type.String()),
  model: Type.String(),
  latencyMs: Type.Number(),
  details: ResultBody.properties.details,
})
const Look = Type.Object(
  {
    readings: Type.Array(Type.Array(Type.Number(), { minItems: 1, maxItems: MOST_NUMBERS }), {
      ...{ minItems: 1, maxItems: MOST_WINDOW },
      description: 'the newest last, as many as the model looks at; fewer are as at the start of a sensor',
    }),
  },
  { additionalProperties: false },
)

export interface ClassifyOncePorts {
  sources: Sources
  /** Classifies a picture, or readings, that are not kept; null where the source has no model. */
  classify(source: string, given: Uint8Array | number[][]): Promise<ClassifyAnswer | null>
}

/** What the active model says of something that is not stored. */
export function classifyRoutes(http: Http, { sources, classify }: ClassifyOncePorts) {
  const classifying = new AtMost(MOST_CLASSIFYING, CLASSIFY_LIMIT_MS)
  type Params = Parameters<Sources['at']>[1]
  const answer = async (noun: Learner, params: Params, given: Uint8Array | number[][]) => {
    const { id } = sources.at(noun, params)
    const answer = await classifying.run(() => classify(id, given))
    if (answer?.kind === 'refused') throw badRequest(answer.code, answer.reason)
    if (answer === null) throw new HttpError(409, 'no_model', `train a model of this ${noun.kind} first`)
    if (answer.kind === 'damaged') throw new HttpError(409, 'model_damaged', answer.message)
    if (answer.kind === 'misfit') throw new HttpError(409, 'other_readings', answer.message)
    if (answer.kind !== 'predicted') throw new HttpError(500, 'internal', `${noun.shot} was not classified: our fault`)
    const { threshold, activeModel } = sources.judged(id)
    const { state, confidence, probabilities, unlike, details } = answer.prediction
    const reason = unlike ?? (confidence < threshold ? 'low_confidence' : null)
    const { latencyMs } = answer
    const said = { confidence, probabilities, reason, model: activeModel ?? '', latencyMs, details: details ?? null }
    return { state: reason ? 'unknown' : state, ...said }
  }

  http.post(
    `${CAMERA.path}/classify`,
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Classify a JPEG with the active model; it is not stored',
        consumes: ['image/jpeg'],
        body: Picture,
        params: CAMERA.params,
        response: { 200: Answer },
      },
    },
    async ({ params, body }) => answer(CAMERA, params, pictureIn(body)),
  )

  http.post(
    `${SENSOR.path}/classify`,
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Classify readings with the active model; they are not stored',
        body: Look,
        params: SENSOR.params,
        response: { 200: Answer },
      },
    },
    async ({ params, body: { readings } }) => {
      const { id } = sources.at(SENSOR, params)
      const { vector } = sources.judged(id)
      const length = vector ? lengthOf(vector) : readings[0]?.length
      if (readings.some((reading) => reading.length !== length))
        throw badRequest('wrong_length', `a reading of ${id} has ${length} numbers`, 'readings')
      return answer(SENSOR, params, readings)
    },
  )
}
