import { Type } from 'typebox'

/** An answer other than the wanted one: whose fault it is says the status, what to do says the message. */
export class HttpError extends Error {
  readonly status: number
  readonly code: string
  readonly field: string | undefined
  constructor(status: number, code: string, message: string, field?: string) {
    super(message)
    this.status = status
    this.code = code
    this.field = field
  }
}

export const badRequest = (code: string, message: string, field?: string) => new HttpError(400, code, message, field)
export const notFound = (what: string) => new HttpError(404, 'not_found', `${what} does not exist`)
export const conflict = (code: string, message: string) => new HttpError(409, code, message)
export const badToken = () =>
  new HttpError(401, 'bad_token', 'this token is unknown, disabled or expired: ask an admin for another')

/** The body of every error on ajar's own paths. */
export const ErrorBody = Type.Object({
  error: Type.Object({
    code: Type.String(),
    message: Type.String(),
    field: Type.Optional(Type.String()),
  }),
})
