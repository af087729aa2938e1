import { Type } from 'typebox'
import { HttpError } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { checkDepth } from '../http/json-depth.ts'

/** Of a body that holds a field or two. Where no token is needed strangers send them, too. */
export const SHORT_BODY_BYTES = 4 * 1024
/** Longer ones are read one by one: many that came at once would hold up all others together. */
const READ_AT_ONCE_BYTES = 64 * 1024

/** A body, and the text that it came as. */
export interface OlderJson {
  value: unknown
  text: string
}

/** Older clients say anything, or nothing, of what their bodies are: they are always JSON. */
export function takeAnyBody(scope: Http) {
  scope.removeAllContentTypeParsers()
  const turns = new Turns()
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) => {
    if (body.length > READ_AT_ONCE_BYTES) await turns.next()
    return body
  })
  // What is no media type at all would be refused before anybody reads the body.
  scope.addHook('onRequest', async ({ headers }) => {
    delete headers['content-type']
  })
}

/** Routes whose bodies are read as they come, whatever they are. */
export function takeStreams(scope: Http) {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (_request: unknown, body: unknown, done: (error: null, body: unknown) => void) =>
    done(null, body),
  )
}

/** Each in a turn of its own of the event loop, in the order in which they asked. */
class Turns {
  #last: Promise<void> = Promise.resolve()

  next(): Promise<void> {
    this.#last = this.#last.then(() => new Promise((resolve) => setImmediate(resolve)))
    return this.#last
  }
}

/** A body for the documentation; what is in it is judged by the route, whose errors have their own words. */
export const olderBody = (example: string, mostBytes: number) =>
  Type.Unknown({
    description: `JSON, or a JSON string that holds it, of any content type and at most ${shown(mostBytes)}: \`${example}\``,
  })

function shown(bytes: number): string {
  const kib = bytes / 1024
  return kib < 1024 ? `${kib} KiB` : `${kib / 1024} MiB`
}

/**
 * JSON, or a JSON string that holds an object or a list: some clients encode twice. Other strings are what they are.
 * @param mostParts fields and members of all objects and lists
 * @throws HttpError 400 in the words that older clients know, or `too_deep`, `too_many_parts`
 */
export function olderJson(body: unknown, mostParts = Number.POSITIVE_INFINITY): OlderJson {
  const bytes = body instanceof Uint8Array ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : EMPTY
  checkDepth(bytes, undefined, mostParts)
  const text = new TextDecoder().decode(bytes)
  const value = parsed(text)
  if (value === undefined) throw new HttpError(400, 'bad_json', 'Error, not valid JSON')
  if (typeof value === 'string') checkDepth(value, undefined, mostParts)
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

const EMPTY = Buffer.alloc(0)
