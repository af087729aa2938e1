import type { FastifyRequest } from 'fastify'

/**
 * What stands before a path in the absolute addresses of an answer: AJAR_PUBLIC_URL, else as the caller reached us.
 * @param publicUrl the setting; empty where nobody said it
 */
export function baseOf(request: Pick<FastifyRequest, 'protocol' | 'host'>, publicUrl: string): string {
  return publicUrl === '' ? `${request.protocol}://${request.host}` : publicUrl
}
