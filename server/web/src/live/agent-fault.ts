import type { LiveCamera } from './camera.ts'

/** What agents say, by device. */
export type Said = ReadonlyMap<string, { connected: boolean; status?: Record<string, unknown> | null }>

/**
 * Why a camera takes no pictures, as its agent says; null where it says nothing of it, or is away and may have said it
 * long ago. An agent calls a camera that was renamed here by its old name.
 */
export function agentFault({ id, aliases }: Pick<LiveCamera, 'id' | 'aliases'>, devices: Said | null): string | null {
  for (const name of [id, ...aliases]) {
    const [device = '', camera = ''] = name.split('/')
    const said = devices?.get(device)
    const fault = said?.connected ? faultIn(said.status ?? null, camera) : null
    if (fault !== null) return fault
  }
  return null
}

/** What a status says of a camera's fault. @param camera as its agent calls it */
export function faultIn(status: Record<string, unknown> | null, camera: string): string | null {
  const captures = status?.captures
  if (typeof captures !== 'object' || captures === null || !Object.hasOwn(captures, camera)) return null
  const fault: unknown = (captures as Record<string, { fault?: unknown } | null>)[camera]?.fault
  return typeof fault === 'string' ? fault : null
}
