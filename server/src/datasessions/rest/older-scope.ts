import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { HttpError } from '../../http/errors.ts'
import { describeError, type Http } from '../../http/http.ts'
import { DetailError, FieldErrors } from '../field-errors.ts'
import { checksByField } from './check-body.ts'
import { textOf } from './field-texts.ts'
import { knowPaths } from './known-paths.ts'
import { takeOlderBodies } from './older-bodies.ts'
import { describeOlderErrors } from './older-errors.ts'

/** What begins so and is no route is answered as the rest of it. */
const PREFIXES = [
  '/api/datasessions',
  '/api/available_operations',
  '/api/analysis',
  '/api/laboratory',
  '/portal',
  '/archive',
  '/thumbnails',
  '/vis',
]
/** What a page may read of an answer beside what it may read of any (Fetch, 2.2.2, safelisted response headers). */
const EXPOSED = 'content-disposition, content-range, accept-ranges, retry-after'
/** So long a browser need not ask again, in seconds; most take a day at most. */
const PREFLIGHT_AGE = 86_400

/**
 * Has all routes of a scope speak as the older server of the laboratory did: errors are `{"field": ["..."]}` where fields are
 * wrong and `{"detail": "..."}` else, and pages of any server may call with a token. To be called before its routes are added.
 */
export async function speakAsOlder(scope: Http) {
  describeOlderErrors(scope)
  const paths = knowPaths(scope)
  takeOlderBodies(scope)
  if (scope.validatorCompiler) scope.setValidatorCompiler(checksByField(scope.validatorCompiler))
  openToPages(scope)

  /** Of a path of ours that is no route, or not with this method. */
  const answerNoRoute = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const methods = paths.methodsOf(request.url)
    if (methods.length > 0) reply.header('allow', methods.join(', '))
    if (request.method === 'OPTIONS' && methods.length > 0) return preflight(request, reply, methods)
    // A browser that asks first shows no token, and would call it a fault of CORS.
    if (!request.caller && request.method !== 'OPTIONS')
      return answerError(new HttpError(401, 'unauthenticated', ''), request, reply)
    if (methods.length === 0) return reply.status(404).send({ detail: 'Not found.' })
    return reply.status(405).send({ detail: `Method "${request.method}" not allowed.` })
  }

  const answerError = (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    // A body that nobody will read is refused before anybody looks for its route.
    if (request.is404 && error instanceof HttpError && error.code === 'not_found') return answerNoRoute(request, reply)
    const { status, body } = olderError(error, reply)
    if (status === 500) request.log.error({ err: error, url: request.url.split('?', 1)[0] }, 'request failed')
    return reply.status(status).send(body)
  }

  scope.setErrorHandler(answerError)
  for (const prefix of PREFIXES)
    await scope.register(async (below: Http) => below.setNotFoundHandler(answerNoRoute), { prefix })
  // After all routes of the scope: the console answers every other GET, and its not-found is not ours.
  void scope.register(async (below: Http) => {
    const free = PREFIXES.filter((prefix) => !paths.methodsOf(prefix).includes('GET'))
    for (const url of [...free, ...PREFIXES.map((prefix) => `${prefix}/*`)])
      below.get(url, { config: { access: 'public' }, schema: { hide: true } }, answerNoRoute)
  })
}

/** What a failed request is answered, in the texts that the older server had for it. */
export function olderError(error: FastifyError | Error, reply: FastifyReply): { status: number; body: object } {
  if (error instanceof FieldErrors) return { status: 400, body: error.fields }
  if (error instanceof DetailError) return { status: error.status, body: { detail: error.message } }
  if (error instanceof HttpError) return { status: error.status, body: { detail: detailOf(error) } }
  const { validation } = error as FastifyError
  if (validation?.[0]) {
    const { field, text } = textOf(validation[0])
    return { status: 400, body: { [field]: [text] } }
  }
  const { status, body } = describeError(error as FastifyError)
  if (status === 429) {
    const seconds = Number(reply.getHeader('retry-after') ?? 60)
    return { status, body: { detail: `Request was throttled. Expected available in ${seconds} seconds.` } }
  }
  if ((error as FastifyError).code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const given = String(reply.request.headers['content-type'])
    return { status: 415, body: { detail: `Unsupported media type "${given}" in request.` } }
  }
  return { status, body: { detail: body.error.message } }
}

const DETAILS: Record<string, string> = {
  unauthenticated: 'Authentication credentials were not provided.',
  bad_token: 'Invalid token.',
  forbidden: 'You do not have permission to perform this action.',
}

function detailOf({ code, message }: HttpError): string {
  return DETAILS[code] ?? message
}

/** With a token, and never with the console's cookie: what a page may not say is who its user is here. */
function openToPages(scope: Http) {
  scope.addHook('onSend', async (_request, reply) => {
    reply.headers({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': EXPOSED,
      // A picture is shown in a page of another server too, without asking as scripts do (Fetch, 3.6).
      'cross-origin-resource-policy': 'cross-origin',
    })
  })
}

/** A browser asks first whether a page may send a token (Fetch, 4.8). The length is said: without one some wait for a body. */
function preflight({ headers }: FastifyRequest, reply: FastifyReply, methods: string[]) {
  return reply
    .headers({
      'access-control-allow-methods': methods.join(', '),
      'access-control-allow-headers': headers['access-control-request-headers'] ?? 'authorization, content-type',
      'access-control-max-age': PREFLIGHT_AGE,
      vary: 'access-control-request-headers',
      'content-length': 0,
    })
    .status(200)
    .send()
}
