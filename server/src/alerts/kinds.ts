import type { AlertKind } from './alert-kind.ts'
import { disk } from './kinds/disk.ts'
import { health } from './kinds/health.ts'
import { offline } from './kinds/offline.ts'
import { outbox } from './kinds/outbox.ts'
import { reading } from './kinds/reading.ts'
import { state } from './kinds/state.ts'
import { unknown } from './kinds/unknown.ts'

/** Every kind of rule there is. */
export const ALERT_KINDS: readonly AlertKind[] = [state, unknown, offline, outbox, reading, disk, health]

export function kindOf(name: string): AlertKind | null {
  return ALERT_KINDS.find((kind) => kind.name === name) ?? null
}
