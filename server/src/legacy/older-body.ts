import { Type } from 'typebox'
import { HttpError } from '../http/errors.ts'
import type { Http } from '../http/http.ts'

/** Also where no token is needed; a training's lists are longer. */
export const OLDER_BODY_BYTES = 1024 * 1024

/** A body, and the text that it came as. */
export interface OlderJson {
  value: unknown
  text: string
}

/** Older clients say anything, or nothing, of what their bodies are: they are always JSON. */
export function takeAnyBody(scope: Http) {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: OLDER_BODY_BYTES }, (_request, body, done) =>
    done(null, body),
  )
  // What is no media type at all would be refused before anybody reads the body.
  scope.addHook('onRequest', async ({ headers }) => {
    delete headers['content-type']
  })
}

/** A body for the documentation; what is in it is judged by the route, whose errors have their own words. */
export const olderBody = (example: string) =>
  Type.Unknown({ description: `JSON, or a JSON string that holds it, of any content type: \`${example}\`` })

/**
 * JSON, or a JSON string that holds an object or a list: some clients encode twice. Other strings are what they are.
 * @throws HttpError 400 in the words that older clients know
 */
export function olderJson(body: unknown): OlderJson {
  const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : ''
  const value = parsed(text)
  if (value === undefined) throw new HttpError(400, 'bad_json', 'Error, not valid JSON')
  const inner = typeof value === 'string' ? parsed(value) : null
  return typeof value === 'string' && typeof inner === 'object' && inner !== null
    ? { value: inner, text: value }
    : { value, text }
}

/** What stands under a name in a body; undefined where nothing does. */
export function fieldOf({ value }: OlderJson, name: string): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
