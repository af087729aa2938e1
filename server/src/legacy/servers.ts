import type { Registry } from '../devices/registry.ts'
import { HttpError } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import type { AccessFor } from './access-for.ts'
import { fieldOf, olderBody, olderJson, SHORT_BODY_BYTES } from './older-body.ts'
import { InText, sendText } from './plain-text.ts'

export interface ServersPorts {
  registry: Registry
}

const LARGEST_ID = 32_767
/** A thousand of them are kept in memory. */
const LONGEST_NAME = 128

/** `/server`: devices say that they are there, and ask who else is. */
export function serversRoutes(scope: Http, access: AccessFor, { registry }: ServersPorts) {
  scope.post(
    '/server/post/keep_alive',
    {
      config: { access: access('operator') },
      bodyLimit: SHORT_BODY_BYTES,
      schema: {
        summary: 'A device says that it is there, every 15 s; after 30 s without it is gone',
        body: olderBody('{"NAME":"RPI 1","ID":10522}', SHORT_BODY_BYTES),
        response: InText,
      },
    },
    async ({ body, ip }, reply) => {
      const said = olderJson(body)
      const [name, number] = [fieldOf(said, 'NAME'), fieldOf(said, 'ID')]
      // What cannot be a name, or an id, is none.
      if (typeof name !== 'string' || name === '' || name.length > LONGEST_NAME)
        throw new HttpError(401, 'no_name', 'Error, no name provided')
      if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number > LARGEST_ID)
        throw new HttpError(402, 'no_id', 'Error, no id provided')
      registry.keepAlive({ name, number, address: ip })
      return sendText(reply, 'Success')
    },
  )

  for (const path of ['/server/get/list_of_servers', '/app/get/list_of_servers'])
    scope.get(
      path,
      {
        config: { access: access('viewer') },
        schema: { summary: 'Devices that are there, as JSON that is called HTML', response: InText },
      },
      async (_request, reply) => sendText(reply, listed(registry)),
    )
}

/** Names are what strangers chose, and this is served as HTML: as JSON it is the same without a `<`. */
function listed(registry: Registry): string {
  const present = registry.present().map(({ address, name, number }) => ({ addr: address, name, id: number }))
  return JSON.stringify(present).replaceAll('<', '\\u003c')
}
