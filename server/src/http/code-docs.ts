import { access } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { CODE_DOCS, DOCS } from './access.ts'
import type { Http } from './http.ts'

/** TypeDoc's pages set their theme by a script of their own; they come from our sources alone. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const NOT_BUILT = `<!doctype html>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>ajar: reference of the code</title>
<h1>The reference of the code is not built yet</h1>
<p><code>npm start</code> builds it in the background, in a minute or less; <code>npm run docs</code> builds it too.</p>
<p>The reference of the HTTP API is there already: see <a href="${DOCS}">${DOCS}</a>.</p>
`

/** Serves the reference of the code. @param dist what `docs/code/build.ts` made; it may come, and change, while the server runs */
export async function codeDocsRoutes(http: Http, dist: string) {
  const route = { config: { access: 'public' }, schema: { hide: true } } as const
  await http.register(async (scope) => {
    await scope.register(fastifyStatic, { root: dist, serve: false, suppressWarning: true })
    scope.addHook('onSend', async (_request, reply) => void reply.header('content-security-policy', POLICY))
    // Its pages name each other relative to their folder.
    scope.get(CODE_DOCS, route, (request, reply) =>
      pathOf(request).endsWith('/') ? sendFirstPage(reply, dist) : reply.redirect(`${CODE_DOCS}/`),
    )
    scope.get(`${CODE_DOCS}/*`, route, (request, reply) => reply.sendFile(pathOf(request).slice(CODE_DOCS.length)))
  })
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? url
}

async function sendFirstPage(reply: FastifyReply, dist: string) {
  const isBuilt = await access(join(dist, 'index.html')).then(
    () => true,
    () => false,
  )
  if (!isBuilt) return reply.status(503).type('text/html').header('cache-control', 'no-store').send(NOT_BUILT)
  return reply.sendFile('index.html')
}
