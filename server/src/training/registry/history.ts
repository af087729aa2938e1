import type { ActivationRow } from '../../database/schema.ts'

/**
 * The models that a camera had before the one it has, the latest first. Who went back and then on again has what he
 * left out of his way: after A, B, back to A, then C, what was before C is A, and nothing before that.
 * @param history in the order in which it happened
 */
export function earlierModels(
  history: Pick<ActivationRow, 'model' | 'previous' | 'reason'>[],
  active: string | null,
): string[] {
  const path: string[] = []
  for (const { model, previous, reason } of history) {
    // What was active before there was a history, or was made so by an older release.
    if (previous !== null && path.at(-1) !== previous) path.push(previous)
    if (model === null) continue
    const back = reason === 'rolled_back' ? path.lastIndexOf(model) : -1
    if (back === -1) path.push(model)
    else path.length = back + 1
  }
  if (active !== null && path.at(-1) !== active) path.push(active)
  const earlier = active === null ? path : path.slice(0, -1)
  return [...new Set(earlier.toReversed())].filter((id) => id !== active)
}
