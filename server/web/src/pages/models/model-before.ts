import type { ActivationBody } from '../../api/model-bodies.ts'

/**
 * The model that was active before the active one, or null.
 * @param activations the newest first
 */
export function modelBefore(active: string | null, activations: ActivationBody[]): string | null {
  return activations.find(({ model, previous }) => model === active && previous !== null)?.previous ?? null
}
