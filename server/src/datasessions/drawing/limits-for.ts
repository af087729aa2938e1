import { type Image, isBytes, zscale } from '@ajar/images'
import type { Limits } from './shown.ts'

/** Between which levels all pictures of a series are stretched, by one of them: each by its own would flicker. Null: as they are. */
export function limitsFor(image: Image): Limits | null {
  return isBytes(image) ? null : zscale(image)
}
