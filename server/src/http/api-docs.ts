import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { CODE_DOCS, DOCS } from './access.ts'
import { TAGS } from './areas.ts'

const DESCRIPTION = `ajar knows the state of every door it can see. Send your token with each call, as \
\`Authorization: Bearer <token>\`; each call says which role it needs.

The reference of the code is at [${CODE_DOCS}](${CODE_DOCS}/), and this one for programs at [${DOCS}/json](${DOCS}/json).`

/** The bar at the top of the page shows its maker and the address of what it shows, and nothing of ours. */
const CSS = '.swagger-ui .topbar { display: none }'

/** Serves the reference of the API, which the schemas of all routes that come after make: a page, and OpenAPI at `/docs/json`. */
export async function serveApiDocs(http: FastifyInstance) {
  await http.register(swagger, {
    openapi: {
      info: { title: 'ajar', description: DESCRIPTION, version: '0.1.0' },
      tags: TAGS,
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
  })
  await http.register(swaggerUi, {
    routePrefix: DOCS,
    theme: { title: 'ajar: reference of the API', css: [{ filename: 'ajar.css', content: CSS }] },
    uiConfig: { docExpansion: 'none', filter: true },
  })
}
