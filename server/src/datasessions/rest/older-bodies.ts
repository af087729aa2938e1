import type { Http } from '../../http/http.ts'
import { checkDepth } from '../../http/json-depth.ts'
import { DetailError } from '../field-errors.ts'

/** No body says as much as an empty object, and a form as much as an object of texts. */
export function takeOlderBodies(scope: Http) {
  const parseJson = scope.getDefaultJsonParser('error', 'error')
  scope.removeContentTypeParser('application/json')
  scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (body.length === 0) return done(null, {})
    checkDepth(body)
    parseJson(request, body.toString(), (error, parsed) =>
      error ? done(new DetailError(400, `JSON parse error - ${error.message}`)) : done(null, parsed),
    )
  })
  scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  )
  scope.addHook('preValidation', async (request) => {
    if (request.body === undefined && request.routeOptions.schema?.body) request.body = {}
  })
}
