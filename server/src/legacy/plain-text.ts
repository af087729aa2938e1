import type { FastifyError, FastifyReply } from 'fastify'
import { type TSchema, Type } from 'typebox'
import type { HttpError } from '../http/errors.ts'
import { describeError, type Http } from '../http/http.ts'

/** The old server called all that it answered HTML unless told otherwise, and clients may look at that. */
const HTML = 'text/html; charset=utf-8'
/** It holds names that strangers chose: a browser that opens it runs nothing and is on no page of ours. */
const INERT = "default-src 'none'; sandbox"

/** Something is full, held or slow, which may pass at once. */
const RETRY_SECONDS = 1

/** What is said in words is said as the old server said it, errors too. */
export function answerInText(scope: Http) {
  scope.setErrorHandler((error: FastifyError | HttpError, request, reply) => {
    const { status, body } = describeError(error)
    if (status >= 500 && body.error.code === 'internal')
      request.log.error({ err: error, url: request.url }, 'request failed')
    if (status === 503) reply.header('retry-after', RETRY_SECONDS)
    return sendText(reply.status(status), body.error.message)
  })
}

export function sendText(reply: FastifyReply, text: string) {
  return reply.type(HTML).header('content-security-policy', INERT).send(text)
}

/** The answers of a route that speaks in words. */
export const InText = {
  200: asHtml('what was asked for, or `Success`'),
  '4xx': asHtml('what was wrong'),
  '5xx': asHtml('why it could not be done'),
}

function asHtml(description: string, schema: TSchema = Type.String()) {
  return { description, content: { 'text/html': { schema } } }
}
