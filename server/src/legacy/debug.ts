import { Type } from 'typebox'
import type { JobRow } from '../database/schema.ts'
import { callerName } from '../http/access.ts'
import { HttpError } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { JobBody, shownJob } from '../http/job-body.ts'
import type { Logging } from '../logging/logging.ts'
import type { AccessFor } from './access-for.ts'
import { fieldOf, olderBody, olderJson, SHORT_BODY_BYTES } from './older-body.ts'
import { InText, sendText } from './plain-text.ts'

export interface DebugPorts {
  now(): Date
  versions: { server: string; models: string; tensorflow: string }
  logging: Pick<Logging, 'file' | 'switchFile'>
  /** @param ref null: the newest version @throws HttpError where it cannot be deployed */
  redeploy(ref: string | null, author: string): Promise<JobRow>
}

const ECHO_BYTES = 64 * 1024

const SameJson = { description: 'the same JSON', content: { 'application/json': { schema: Type.Unknown() } } }

const TheJob = { description: 'its job', content: { 'application/json': { schema: JobBody } } }

/** `/debug`: is it there, which version, what time does it have. */
export function debugRoutes(scope: Http, access: AccessFor, { now, versions, logging, redeploy }: DebugPorts) {
  scope.post(
    '/debug/post/echo',
    {
      config: { access: access('viewer') },
      bodyLimit: ECHO_BYTES,
      schema: {
        summary: 'The same JSON again',
        body: olderBody('{"any":"JSON"}', ECHO_BYTES),
        response: { ...InText, 200: SameJson },
      },
    },
    async ({ body }, reply) => reply.type('application/json; charset=utf-8').send(olderJson(body).text),
  )

  scope.post(
    '/debug/post/enable_logging',
    {
      config: { access: access('admin') },
      bodyLimit: SHORT_BODY_BYTES,
      schema: {
        summary: "Write the log's file, or do not",
        body: olderBody('{"ENABLED":"True"}', SHORT_BODY_BYTES),
        response: InText,
      },
    },
    async ({ body, caller, ip }, reply) => {
      const enabled = fieldOf(olderJson(body), 'ENABLED')
      if (enabled === undefined || enabled === null)
        throw new HttpError(401, 'no_enabled', 'Error, no ENABLED provided')
      if (enabled !== 'True' && enabled !== 'False')
        throw new HttpError(401, 'bad_enabled', 'ENABLED not a valid value')
      // A stranger does not make the log deaf that its operator asked for.
      if (enabled === 'False' && logging.file.isConfigured && caller?.role !== 'admin')
        throw new HttpError(
          401,
          'unauthenticated',
          "Error, AJAR_LOG_FILE is set: switching it off needs an admin's token",
        )
      logging.switchFile(enabled === 'True', caller?.name ?? `nobody, at ${ip}`)
      return sendText(reply, `Successfully set ENABLED to ${enabled}`)
    },
  )

  scope.post(
    '/debug/post/redeploy',
    {
      // Whoever may replace the program may do anything: never open.
      config: { access: 'admin' },
      bodyLimit: SHORT_BODY_BYTES,
      schema: {
        summary: 'Replace the program by another version; answers with the job',
        description: 'Without REF, or without a body, by the newest version tag; otherwise as POST /api/redeploy.',
        body: olderBody('{"REF":"v1.2.3"}', SHORT_BODY_BYTES),
        response: { ...InText, 202: TheJob },
      },
    },
    async (request, reply) => {
      const job = await redeploy(refOf(request.body), callerName(request))
      return reply
        .status(202)
        .type('application/json; charset=utf-8')
        .send(JSON.stringify(shownJob(job)))
    },
  )

  const texts: [path: string, summary: string, text: () => string][] = [
    ['time', "The server's local time", () => localTime(now())],
    ['exists', 'The server is there', () => 'Success'],
    ['version', 'Version of the server', () => versions.server],
    ['version/server', 'Version of the server', () => versions.server],
    ['version/tf_model_handler', 'Version of what handles models', () => versions.models],
    ['version/tensorflow', 'Version of TensorFlow.js', () => versions.tensorflow],
  ]
  for (const [path, summary, text] of texts)
    scope.get(
      `/debug/get/${path}`,
      { config: { access: access('viewer') }, schema: { summary, response: InText } },
      async (_request, reply) => sendText(reply, text()),
    )
}

/** Those who name none send anything, or nothing at all. @throws HttpError 400 */
function refOf(body: unknown): string | null {
  if (!(body instanceof Uint8Array) || body.length === 0) return null
  const ref = fieldOf(olderJson(body), 'REF') ?? null
  if (ref !== null && typeof ref !== 'string') throw new HttpError(400, 'bad_ref', 'Error, REF is no text')
  return ref === '' ? null : ref
}

/** Month, day and year, then the time, without leading zeros. */
function localTime(at: Date): string {
  const date = [at.getMonth() + 1, at.getDate(), at.getFullYear()].join('-')
  return `${date} ${[at.getHours(), at.getMinutes(), at.getSeconds()].join(':')}`
}
