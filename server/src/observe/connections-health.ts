import type { HealthCheck } from './health.ts'

/** Whether so many connect over HTTP, or ask for so much, that some were closed. @param crowd says which, and whose; null: none were */
export function connectionsHealth(crowd: string | null): HealthCheck {
  if (crowd === null) return { name: 'http_connections', level: 'ok', text: 'none had to be closed' }
  const toDo = 'find the program there and stop it, or keep that address out'
  return { name: 'http_connections', level: 'warn', text: `${crowd}: ${toDo}` }
}
