import { lengthOf, type Model } from '@ajar/models'
import type { Source } from '../../devices/sources.ts'

/** Why a model cannot be asked about what a source sees, whatever its states are called; null where it can. */
export function misfitOf({ view }: Pick<Model, 'view'>, { id, kind, vector, follows }: Source): string | null {
  if (follows) return `${id} is told by the model of ${follows}: give it to that`
  if (!view) return kind === 'camera' ? null : `it tells frames of a camera, and ${id} is a ${kind}`
  if (kind !== 'sensor') return `it tells readings of a sensor, and ${id} is a ${kind}`
  const [told, read] = [lengthOf(view), vector && lengthOf(vector)]
  return read === null || read === told ? null : `it tells readings of ${told} numbers, and those of ${id} have ${read}`
}
