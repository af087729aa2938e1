import type { Source } from '../devices/sources.ts'
import type { HealthCheck } from './health.ts'

/** Cameras whose model cannot be asked. @param damageOf why that is; null where it can */
export function modelsHealth(cameras: Source[], damageOf: (model: string) => string | null): HealthCheck[] {
  return cameras.flatMap(({ id, activeModel }) => {
    const why = activeModel === null ? null : damageOf(activeModel)
    if (why === null) return []
    const mend = `go back with POST /api/cameras/${id}/rollback, or train`
    return [{ name: 'model', level: 'warn', text: `${id} has no state: ${why}; ${mend}` }]
  })
}
