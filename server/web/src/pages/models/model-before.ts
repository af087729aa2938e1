import type { ActivationBody } from '../../api/model-bodies.ts'

/**
 * The model that one rolls back to, or null. Who went back and then on again has what he left out of his way, so that
 * going back twice leads further, and not forth.
 * @param activations the newest first
 */
export function modelBefore(active: string | null, activations: ActivationBody[]): string | null {
  const path: string[] = []
  for (const { model, previous, reason } of activations.toReversed()) {
    if (previous !== null && path.at(-1) !== previous) path.push(previous)
    if (model === null) continue
    const back = reason === 'rolled_back' ? path.lastIndexOf(model) : -1
    if (back === -1) path.push(model)
    else path.length = back + 1
  }
  return path.findLast((model) => model !== active) ?? null
}
