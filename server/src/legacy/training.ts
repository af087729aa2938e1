import { Type } from 'typebox'
import type { JobRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { callerName } from '../http/access.ts'
import type { Http } from '../http/http.ts'
import type { AccessFor } from './access-for.ts'
import { latestTraining } from './latest-training.ts'
import { fieldOf, olderBody, olderJson } from './older-body.ts'
import { InText, sendText } from './plain-text.ts'
import { trainingDataFlaw } from './training-data.ts'

export interface LegacyTrainingPorts {
  database: StateDatabase
  /** @throws HttpError where the camera cannot be trained */
  train(camera: string, author: string): Promise<unknown>
}

/** For lists of numbers; few, as long as nothing is trained on them. */
const MOST_BYTES = 1024 * 1024

/** Some clients add a parameter so that nothing answers from its cache. */
const Query = Type.Object(
  { camera: Type.Optional(Type.String({ description: 'of this one alone' })) },
  { additionalProperties: true },
)

const STATUS: Record<Exclude<JobRow['state'], 'cancelled'>, string> = {
  queued: 'START_TRAINING',
  running: 'TRAINING_IN_PROGRESS',
  done: 'FINISHED_TRAINING',
  failed: 'TRAINING_FAILED',
}
const ANY = Object.keys(STATUS) as (keyof typeof STATUS)[]

/** `/training`: begin one, and how the latest one is doing. */
export function legacyTrainingRoutes(scope: Http, access: AccessFor, { database, train }: LegacyTrainingPorts) {
  scope.post(
    '/training/post/train',
    {
      config: { access: access('operator') },
      bodyLimit: MOST_BYTES,
      schema: {
        summary: 'Train the model of a camera from its labelled frames',
        description: 'TYPE `RSSI` and `CSI` (lists of numbers as DATA) are checked and answered with 503 so far.',
        body: olderBody('{"TYPE":"CAMERA","DATA":"device/camera"}', MOST_BYTES),
        response: InText,
      },
    },
    async (request, reply) => {
      const said = olderJson(request.body)
      const [type, data] = [fieldOf(said, 'TYPE'), fieldOf(said, 'DATA')]
      const flaw = trainingDataFlaw(type, data)
      if (flaw) throw flaw
      await train(data as string, callerName(request))
      return sendText(reply, 'Success')
    },
  )

  const texts: [path: string, summary: string, text: (camera: string | undefined) => Promise<string>][] = [
    ['/training/get/training_status', 'How the latest training is doing', status],
    ['/training/get/training_time', 'Seconds that the latest training took', seconds],
    ['/debug/get/training_failure', 'Why a training failed, the last time one did', failure],
  ]
  for (const [path, summary, text] of texts)
    scope.get(
      path,
      {
        config: { access: access('viewer') },
        schema: {
          summary,
          querystring: Query,
          response: InText,
        },
      },
      async ({ query }, reply) => sendText(reply, await text(query.camera)),
    )

  async function status(camera: string | undefined) {
    const { state } = (await latestTraining(database, ANY, camera)) ?? {}
    return state === undefined || state === 'cancelled' ? 'MODEL_DOESNT_EXIST' : STATUS[state]
  }

  async function seconds(camera: string | undefined) {
    const { started_at = null, finished_at = null } = (await latestTraining(database, ANY, camera)) ?? {}
    const took = started_at === null || finished_at === null ? 0 : (finished_at - started_at) / 1000
    return Number.isInteger(took) ? took.toFixed(1) : String(took)
  }

  async function failure(camera: string | undefined) {
    const failed = await latestTraining(database, ['failed'], camera)
    return failed?.error_json ? String(JSON.parse(failed.error_json).message) : '<TRAINING NOT FAILED YET>'
  }
}
