import type { Source } from '../devices/sources.ts'
import type { HealthCheck } from './health.ts'

/** Cameras and sensors whose model cannot be asked. @param damageOf why that is; null where it can */
export function modelsHealth(sources: Source[], damageOf: (model: string) => string | null): HealthCheck[] {
  return sources.flatMap(({ id, kind, activeModel }) => {
    const why = activeModel === null ? null : damageOf(activeModel)
    if (why === null) return []
    const mend = `go back with POST /api/${kind}s/${id}/rollback, or train`
    return [{ name: 'model', level: 'warn', text: `${id} has no state: ${why}; ${mend}` }]
  })
}
