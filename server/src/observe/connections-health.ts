import type { HealthCheck } from './health.ts'

/**
 * Whether so many connect over HTTP, or ask for so much, that some were closed or refused.
 * @param crowd says which were closed, and whose; null: none were
 * @param streams say of which streams there are too many; null: of none
 */
export function connectionsHealth(crowd: string | null, streams: (string | null)[]): HealthCheck {
  const texts = [
    ...(crowd === null ? [] : [`${crowd}: find the program there and stop it, or keep that address out`]),
    ...streams.filter((text) => text !== null).map((text) => `${text}: close some, or give that program its own token`),
  ]
  if (texts.length === 0) return { name: 'http_connections', level: 'ok', text: 'none had to be closed' }
  return { name: 'http_connections', level: 'warn', text: texts.join('; ') }
}
