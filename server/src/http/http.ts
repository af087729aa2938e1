import AjvCompiler from '@fastify/ajv-compiler'
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyReply,
  type FastifyRequest,
  type FastifySerializerCompiler,
  LogController,
} from 'fastify'
import type { Static } from 'typebox'
import { isDiskTrouble } from '../database/until-written.ts'
import { SparingLog } from '../logging/sparing-log.ts'
import type { Certificates } from '../tls/certificates.ts'
import { type Caller, DOCS, guardRoutes } from './access.ts'
import { serveApiDocs } from './api-docs.ts'
import { writeApiDocumentOnce } from './api-document.ts'
import type { HttpConnections } from './connections.ts'
import { describeRoutes } from './describe-routes.ts'
import { type ErrorBody, HttpError } from './errors.ts'
import { refuseInfinity } from './finite-numbers.ts'
import { createHttpServer } from './http-server.ts'
import { checkDepth } from './json-depth.ts'
import { allowLongBodies } from './long-bodies.ts'
import { boundStrangersBodies } from './strangers-bodies.ts'
import { noRoute, refuseUnreadBodies, tooLarge } from './unread-body.ts'
import { checksWhenFirstUsed, serializesWhenFirstUsed } from './when-first-used.ts'

export interface HttpOptions {
  log: FastifyBaseLogger
  /** Largest body of a picture, in bytes; JSON bodies are at most 1 MiB. */
  maxFrameBytes: number
  authenticate(token: string): Caller | null
  /** What it serves HTTPS with; null serves plain HTTP. */
  certificates?: Certificates | null
  /** Bounds its connections. */
  connections?: HttpConnections | null
}

const JSON_BYTES = 1024 * 1024

const validators = AjvCompiler()
const shared = { removeAdditional: false, allErrors: false } as const
/** Paths and queries are text: `5` is a number there. */
const fromText = validators({}, { customOptions: { ...shared, coerceTypes: true } })
/** JSON says what it means: null is not false, and "5" is no number. */
const strictly = validators({}, { customOptions: { ...shared, coerceTypes: false } })

/** Their types differ in what a response always has. */
const serializers = SerializerSelector()({}, {}) as FastifySerializerCompiler<unknown>

/** The HTTP server, ready for routes: access, errors, limits and OpenAPI at /docs. */
export async function createHttp({
  log,
  maxFrameBytes,
  authenticate,
  certificates = null,
  connections = null,
}: HttpOptions) {
  const answerError = answersErrors(log)
  const http = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: JSON_BYTES,
    serverFactory: (handler) => createHttpServer(handler, certificates),
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    // A path that is no path has no route, and so no error handler either.
    frameworkErrors: (error, request, reply) => answerError(error, request, reply),
  }).withTypeProvider<TypeBoxTypeProvider>()

  connections?.follow(http.server)
  http.setValidatorCompiler(
    checksWhenFirstUsed(({ httpPart, ...route }) => (httpPart === 'body' ? strictly(route) : fromText(route))),
  )
  http.setSerializerCompiler(serializesWhenFirstUsed(serializers))
  http.setErrorHandler(answerError)
  http.setNotFoundHandler((request, reply) => {
    reply.status(404).send({ error: { code: 'not_found', message: noRoute(request) } })
  })
  // The body stays bytes: the routes that take a picture judge it.
  http.addContentTypeParser(
    ['image/jpeg', 'application/octet-stream'],
    { parseAs: 'buffer', bodyLimit: maxFrameBytes },
    (_request, body, done) => done(null, body),
  )

  const parseJson = http.getDefaultJsonParser('error', 'error')
  http.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    checkDepth(body)
    parseJson(request, body.toString(), done)
  })

  guardRoutes(http, authenticate)
  http.addHook('onRequest', async ({ caller, raw }) => {
    if (caller) connections?.know(raw.socket)
  })
  refuseInfinity(http)
  boundStrangersBodies(http)
  allowLongBodies(http)
  refuseUnreadBodies(http, Math.max(JSON_BYTES, maxFrameBytes))
  describeRoutes(http, (url) => !url.startsWith(DOCS))
  // A browser would hold it against every port of this host, and so against programs that are not ours.
  await http.register(helmet, { contentSecurityPolicy: false, strictTransportSecurity: false })
  await http.register(rateLimit, { global: false })
  writeApiDocumentOnce(http)
  await serveApiDocs(http)
  return http
}

export type Http = Awaited<ReturnType<typeof createHttp>>

/** What is our fault is told at once; that something is full, held or slow, anybody can cause at any rate. */
function answersErrors(log: FastifyBaseLogger) {
  const sparing = new SparingLog(log)
  return (error: FastifyError | HttpError, request: FastifyRequest, reply: FastifyReply) => {
    const { status, body } = describeError(error)
    const { code, message } = body.error
    const [url] = request.url.split('?', 1)
    if (status === 500) log.error({ err: error, url }, 'request failed')
    else if (status > 500) sparing.warn(code, { code, url }, `refused: ${message}`)
    reply.status(status).send(body)
  }
}

/** What a failed request is answered. */
export function describeError(error: FastifyError | HttpError): { status: number; body: Static<typeof ErrorBody> } {
  if (error instanceof HttpError) {
    const { status, code, message, field } = error
    return { status, body: { error: { code, message, ...(field === undefined ? {} : { field }) } } }
  }
  if (error.validation) {
    const [first] = error.validation
    const { additionalProperty, missingProperty } = first?.params ?? {}
    const place = [...(first?.instancePath.split('/').slice(1) ?? []), additionalProperty ?? missingProperty]
    const field = place.filter(Boolean).join('.')
    const where = field === '' ? {} : { field }
    return { status: 400, body: { error: { code: 'bad_request', message: error.message, ...where } } }
  }
  if (isDiskTrouble(error)) {
    const message = 'the disk takes nothing now, and nothing was changed: see /api/health/ready, and try again later'
    return { status: 503, body: { error: { code: 'storage_held', message } } }
  }
  const status = error.statusCode ?? 500
  if (status === 413) return describeError(tooLarge())
  if (status === 429) return { status, body: { error: { code: 'too_many_requests', message: error.message } } }
  if (status < 500) return { status, body: { error: { code: 'bad_request', message: error.message } } }
  return { status: 500, body: { error: { code: 'internal', message: 'our fault: the server log says more' } } }
}
