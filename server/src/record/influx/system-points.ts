import type { StorageState } from '../../retention/storage.ts'
import { finiteOf } from './device-points.ts'
import type { MEASUREMENTS } from './measurements.ts'
import type { Point } from './points.ts'

/** What is known of the server at a moment; null or left out where something is not known yet. */
export type SystemFacts = { [Field in keyof (typeof MEASUREMENTS)['system']['fields']]?: number | null }

/** `system`: the server itself. */
export function systemPoint(facts: SystemFacts, at: number): Point {
  return { measurement: 'system', tags: {}, fields: finiteOf(facts), timestamp: at }
}

/** What of the storage is sampled. */
export type Storage = Pick<StorageState, 'bytes' | 'freeBytes' | 'stateBytes' | 'walBytes'>

export function storageFacts(storage: Storage | null): SystemFacts {
  if (!storage) return {}
  const { bytes, freeBytes, stateBytes, walBytes } = storage
  return { frames_bytes: bytes, disk_free_bytes: freeBytes, state_bytes: stateBytes, wal_bytes: walBytes }
}
