import { access } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Http } from './http.ts'

/**
 * What pages of the console may load and do (CSP 3): everything comes from this server, and frames may also come as bytes.
 * `'self'` holds for WebSockets of this server too.
 */
const POLICY = [
  "default-src 'self'",
  "img-src 'self' blob: data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

const NOT_BUILT = `<!doctype html>
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="2">
<title>ajar</title>
<h1>The console is not built yet</h1>
<p><code>npm start</code> builds it while the server starts, in a few seconds, and this page then shows it by itself.
If the server was started in another way, run <code>npm run console:build</code>.</p>
<p>The HTTP API is there already: see <a href="/docs">/docs</a>.</p>
`

/**
 * Serves the console: its files, and its one page at every address that a browser opens and that is no route.
 * @param dist what `server/web/build.ts` made; it may come, and change, while the server runs
 */
export async function consoleRoutes(http: Http, dist: string) {
  await http.register(async (scope) => {
    await scope.register(fastifyStatic, { root: dist, serve: false, preCompressed: true, suppressWarning: true })
    scope.get('/*', { config: { access: 'public' }, schema: { hide: true } }, (request, reply) => {
      // What is no path at all, such as `//`, is no page either.
      const pathname = URL.parse(request.url, 'http://localhost')?.pathname
      if (pathname === undefined) return reply.callNotFound()
      // Some clients ask whether the server is there before they begin.
      if (pathname === '/' && asksForJson(request))
        return reply.header('cache-control', 'no-store').send({ message: 'OK' })
      reply.header('content-security-policy', POLICY)
      if (pathname.startsWith('/assets/')) return reply.sendFile(pathname, { immutable: true, maxAge: '1y' })
      if (!isPage(request, pathname)) return reply.callNotFound()
      return sendPage(reply, dist)
    })
  })
}

/** Programs that ask for a path that does not exist are told so. */
function isPage({ headers }: FastifyRequest, pathname: string): boolean {
  if (pathname === '/') return true
  return !pathname.startsWith('/api/') && (headers.accept?.includes('text/html') ?? false)
}

function asksForJson({ headers: { accept = '' } }: FastifyRequest): boolean {
  return accept.includes('application/json') && !accept.includes('text/html')
}

async function sendPage(reply: FastifyReply, dist: string) {
  const isBuilt = await access(join(dist, 'index.html')).then(
    () => true,
    () => false,
  )
  if (!isBuilt) return reply.status(503).type('text/html').header('cache-control', 'no-store').send(NOT_BUILT)
  // Asked for anew each time: it names the assets of this build.
  return reply.header('cache-control', 'no-cache').sendFile('index.html', { cacheControl: false })
}
