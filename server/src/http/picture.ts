import { Type } from 'typebox'
import { HttpError } from './errors.ts'

/** The body of a route that takes a picture. The step that takes it judges it, so anything passes here. */
export const Picture = Type.Unknown({ description: 'the bytes of one JPEG' })

/** @throws HttpError 415 where the body is no bytes */
export function pictureIn(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body
  throw new HttpError(415, 'not_jpeg', 'send the bytes of a JPEG with Content-Type: image/jpeg')
}
