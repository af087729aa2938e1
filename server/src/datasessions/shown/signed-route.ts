import { Type } from 'typebox'
import { AtMost } from '../../http/at-most.ts'
import type { Http } from '../../http/http.ts'
import { FILES_PATH, type SignedUrls } from '../files/signed-urls.ts'
import { rangeOf } from './byte-range.ts'
import { asDetail, openServed, type Pictures } from './pictures.ts'

const MOST_MAKING = 64
const LIMIT_MS = 70_000

/** The bytes behind signed addresses: no token is needed, and no page is kept from them. */
export function signedRoute(http: Http, { urls, pictures }: { urls: SignedUrls; pictures: Pictures }) {
  const making = new AtMost(MOST_MAKING, LIMIT_MS)
  http.route({
    method: ['GET', 'HEAD'],
    url: `${FILES_PATH}/:source/:mark/:basename/:form`,
    config: { access: 'public' },
    schema: {
      summary: 'The bytes of a picture or a file, by an address that was given out',
      description:
        'For an hour from when the address was given; no token is needed. Range is answered for one span of bytes. 403 for ' +
        'an address that was changed or is too old, 404 where the file is gone.',
      params: Type.Object({
        source: Type.String(),
        mark: Type.String(),
        basename: Type.String(),
        form: Type.String(),
      }),
      querystring: Type.Object({ expires: Type.Number(), signature: Type.String() }),
    },
    handler: async (request, reply) => {
      const { source, mark, basename, form } = request.params
      const { expires, signature } = request.query
      urls.check([source, mark, basename, form], expires, signature)
      const served = await making.run(() => pictures.serve(source, mark, basename, form).catch(asDetail))
      const tag = `"${encodeURIComponent(served.tag)}"`
      // A frame may be purged so that nobody sees it again: whoever has it asks each time.
      const kept = { 'cache-control': 'private, no-cache', etag: tag }
      if (request.headers['if-none-match'] === tag) return reply.headers(kept).status(304).send()
      const file = typeof served.from === 'string' ? await openServed(served.from) : null
      const bytes = typeof served.from === 'string' ? null : served.from
      const length = file?.length ?? bytes?.length ?? 0
      const range = rangeOf(request.headers.range, length)
      reply.type(served.type).headers({
        'accept-ranges': 'bytes',
        ...kept,
        'content-disposition': dispositionOf(served.fileName),
        'x-content-type-options': 'nosniff',
        // What somebody uploaded is a page of nobody's here.
        'content-security-policy': "default-src 'none'; sandbox",
      })
      if (range === 'unsatisfiable') {
        await file?.handle.close()
        return reply
          .status(416)
          .type('application/json')
          .header('content-range', `bytes */${length}`)
          .send({
            detail: `There are ${length} bytes.`,
          })
      }
      const { from, to } = range ?? { from: 0, to: length - 1 }
      if (range) reply.status(206).header('content-range', `bytes ${from}-${to}/${length}`)
      reply.header('content-length', to - from + 1)
      if (request.method === 'HEAD') {
        await file?.handle.close()
        return reply.send()
      }
      if (bytes) return reply.send(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from + 1))
      if (length === 0) await file?.handle.close()
      return reply.send(length === 0 ? '' : file?.handle.createReadStream({ start: from, end: to }))
    },
  })
}

/** RFC 6266: for those who know no other letters too. */
function dispositionOf(fileName: string): string {
  const plain = fileName.replace(/[^\w.+-]/g, '_')
  const exact =
    plain === fileName ? '' : `; filename*=UTF-8''${encodeURIComponent(fileName).replace(/['()*]/g, escaped)}`
  return `inline; filename="${plain}"${exact}`
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
