import type { FastifyInstance } from 'fastify'
import { DOCS } from './access.ts'

/**
 * The description of all routes is long, and anybody may ask for it: each of its forms is written once, and every answer shares
 * its bytes. To be called before @fastify/swagger-ui adds its routes.
 */
export function writeApiDocumentOnce(http: FastifyInstance) {
  const forms: Record<string, { type: string; text(): string }> = {
    [`${DOCS}/json`]: { type: 'application/json; charset=utf-8', text: () => JSON.stringify(http.swagger()) },
    [`${DOCS}/yaml`]: { type: 'application/x-yaml', text: () => http.swagger({ yaml: true }) },
  }
  http.addHook('onRoute', (route) => {
    const form = forms[route.url]
    if (!form) return
    let bytes: Buffer | null = null
    route.handler = async (_request, reply) => {
      bytes ??= Buffer.from(form.text())
      return reply.type(form.type).send(bytes)
    }
  })
}
