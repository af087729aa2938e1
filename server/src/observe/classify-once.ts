import { Type } from 'typebox'
import type { ClassifyAnswer } from '../classify/classify-pool.ts'
import type { Sources } from '../devices/sources.ts'
import { AtMost } from '../http/at-most.ts'
import { badRequest, HttpError } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { CAMERA } from '../http/nouns.ts'
import { Picture, pictureIn } from '../http/picture.ts'
import { nullable } from '../http/shapes.ts'

/** Pictures that are classified and not kept take the threads from frames that are: a few at once. */
const MOST_CLASSIFYING = 8
const CLASSIFY_LIMIT_MS = 10_000

export interface ClassifyOncePorts {
  sources: Sources
  /** Classifies a picture that is not kept; null where the camera has no model. */
  classify(camera: string, jpeg: Uint8Array): Promise<ClassifyAnswer | null>
}

/** What the active model says of something that is not stored. */
export function classifyRoutes(http: Http, { sources, classify }: ClassifyOncePorts) {
  const classifying = new AtMost(MOST_CLASSIFYING, CLASSIFY_LIMIT_MS)

  http.post(
    `${CAMERA.path}/classify`,
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Classify a JPEG with the active model; it is not stored',
        consumes: ['image/jpeg'],
        body: Picture,
        params: CAMERA.params,
        response: {
          200: Type.Object({
            state: Type.String(),
            confidence: Type.Number(),
            probabilities: Type.Record(Type.String(), Type.Number()),
            reason: nullable(Type.String()),
            model: Type.String(),
            latencyMs: Type.Number(),
          }),
        },
      },
    },
    async ({ params, body }) => {
      const camera = sources.at(CAMERA, params)
      const picture = pictureIn(body)
      const answer = await classifying.run(() => classify(camera.id, picture))
      if (answer?.kind === 'refused') throw badRequest(answer.code, answer.reason)
      if (answer === null) throw new HttpError(409, 'no_model', 'train a model of this camera first')
      if (answer.kind === 'damaged') throw new HttpError(409, 'model_damaged', answer.message)
      if (answer.kind !== 'predicted') throw new HttpError(500, 'internal', 'the picture was not classified: our fault')
      const { state, confidence, probabilities, unlike } = answer.prediction
      const reason = unlike ?? (confidence < camera.threshold ? 'low_confidence' : null)
      const { latencyMs } = answer
      const model = camera.activeModel ?? ''
      return { state: reason ? 'unknown' : state, confidence, probabilities, reason, model, latencyMs }
    },
  )
}
