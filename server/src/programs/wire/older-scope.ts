import type { FastifyError, FastifyReply } from 'fastify'
import { badRequest, type HttpError } from '../../http/errors.ts'
import { refuseForeignPages } from '../../http/foreign-pages.ts'
import { describeError, type Http } from '../../http/http.ts'
import { PlanError } from '../language.ts'
import { parsedText } from './parsed-text.ts'

/** So long a browser need not ask again, in seconds; most take a day at most. */
const PREFLIGHT_AGE = 86_400

/**
 * Has the routes of a scope speak as the older server of programs did: bodies are JSON whatever they are called, errors are
 * `{"identifier":"","message"}` with ours beside them, and pages of other servers may call: with a token all of them,
 * without one those that the operator named. To be called before its routes are added.
 */
export function speakAsOlder(scope: Http, mayCall: (origin: string) => boolean) {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) => parsedText(body))
  // What is no media type at all would be refused before anybody reads the body.
  scope.addHook('onRequest', async ({ headers }) => {
    delete headers['content-type']
  })
  refuseForeignPages(scope, mayCall)
  // A browser shows a page no answer without it, refusals neither. The console's cookie is never let through.
  scope.addHook('onSend', async (_request, reply) => {
    reply.headers({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'Content-Disposition',
      'cross-origin-resource-policy': 'cross-origin',
    })
  })
  scope.setErrorHandler((error: FastifyError | HttpError | PlanError, request, reply) => {
    const { status, body } = describeError(error instanceof PlanError ? badRequest(error.code, error.message) : error)
    if (status === 500) request.log.error({ err: error, url: request.url }, 'request failed')
    return reply.status(status).send({ identifier: '', message: body.error.message, ...body })
  })
}

/** Answers the browser that asks first whether a page may call a path (Fetch, 4.8). */
export function preflight(scope: Http, path: string) {
  const summary = 'Whether a page of another server may make this call, as its browser asks first'
  scope.options(path, { config: { access: 'public' }, schema: { summary } }, (request, reply: FastifyReply) =>
    reply
      .headers({
        'access-control-allow-methods': 'POST, OPTIONS',
        'access-control-allow-headers':
          request.headers['access-control-request-headers'] ?? 'authorization, content-type',
        'access-control-max-age': PREFLIGHT_AGE,
        vary: 'access-control-request-headers',
        'content-length': 0,
      })
      .status(200)
      .send(),
  )
}
