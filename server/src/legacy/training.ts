import { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { JobRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { callerName } from '../http/access.ts'
import { HttpError } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import type { AccessFor } from './access-for.ts'
import { latestTraining } from './latest-training.ts'
import { type Lesson, type Lessons, MOST_BYTES } from './lessons.ts'
import { olderBody, takeStreams } from './older-body.ts'
import { InText, sendText } from './plain-text.ts'

export interface LegacyTrainingPorts {
  database: StateDatabase
  lessons: Pick<Lessons, 'take'>
  /** Begins a training. @throws HttpError where it cannot begin; nothing was changed then */
  teach(lesson: Lesson, author: string): Promise<unknown>
}

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
export async function legacyTrainingRoutes(
  scope: Http,
  access: AccessFor,
  { database, lessons, teach }: LegacyTrainingPorts,
) {
  await scope.register(async (streams: Http) => {
    takeStreams(streams)
    streams.post(
      '/training/post/train',
      {
        config: { access: access('operator'), longBody: true },
        bodyLimit: Number.MAX_SAFE_INTEGER, // how much it is stands in the error
        schema: {
          summary: 'Train a sensor from what is sent, or the model of a camera from its labelled frames',
          description:
            'DATA of `RSSI` is `[angle][point]`, of `CSI` `[0=phase, 1=amplitude][angle][subcarrier][point]` with 53 ' +
            'subcarriers; angles are 0, 15, 30 ... degrees, from 2 to 32, of 2 points or more each, at most 20000 points of ' +
            'all together. It takes the place of what was sent before. DATA of `CAMERA` is "device/camera".',
          body: olderBody('{"TYPE":"RSSI","DATA":[[-40,-41],[-52,-50.5]]}', MOST_BYTES),
          response: InText,
        },
      },
      async (request, reply) => {
        const { body, headers, ip: address } = request
        if (!(body instanceof Readable)) throw new HttpError(400, 'bad_json', 'Error, not valid JSON')
        const length = headers['content-length'] === undefined ? null : Number(headers['content-length'])
        await lessons.take(body, { length, address }, (lesson) => teach(lesson, callerName(request)))
        return sendText(reply, 'Success')
      },
    )
  })

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
