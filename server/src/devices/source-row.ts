import { isDeepStrictEqual } from 'node:util'
import { boxAround, cornersOf, type Region } from '@ajar/models'
import type { CameraRow } from '../database/schema.ts'
import type { Source, SourceSettings } from './source.ts'

type SettingsColumn =
  | 'states_json'
  | 'threshold'
  | 'debounce'
  | 'stale_after_ms'
  | 'box_json'
  | 'region_json'
  | 'masks_json'
  | 'vector_json'

/** A camera, as its row says it. */
export function fromRow(row: CameraRow): Source {
  return {
    id: row.id,
    device: row.device,
    kind: row.kind,
    name: row.name,
    states: JSON.parse(row.states_json),
    threshold: row.threshold,
    debounce: row.debounce,
    staleAfterMs: row.stale_after_ms,
    region: regionOf(row),
    masks: row.masks_json === null ? [] : JSON.parse(row.masks_json),
    vector: row.vector_json === null ? null : JSON.parse(row.vector_json),
    activeModel: row.active_model,
    follows: row.follows,
    createdAt: row.created_at,
  }
}

/**
 * The release before knows boxes only: a region has its bounding box beside it, and one that no longer fits was set by
 * that release, and counts.
 */
function regionOf({ region_json, box_json }: Pick<CameraRow, 'region_json' | 'box_json'>): Region | null {
  const box = box_json === null ? null : JSON.parse(box_json)
  const region: Region | null = region_json === null ? null : JSON.parse(region_json)
  if (region && isDeepStrictEqual(boxAround(region), box)) return region
  return box && cornersOf(box)
}

function regionColumns(region: Region | null): Pick<CameraRow, 'region_json' | 'box_json'> {
  if (!region) return { region_json: null, box_json: null }
  return { region_json: JSON.stringify(region), box_json: JSON.stringify(boxAround(region)) }
}

/** The columns of the settings that are given. */
export function columnsOf(given: SourceSettings): Pick<CameraRow, SettingsColumn>
export function columnsOf(given: Partial<SourceSettings>): Partial<Pick<CameraRow, SettingsColumn>>
export function columnsOf({
  states,
  threshold,
  debounce,
  staleAfterMs,
  region,
  masks,
  vector,
}: Partial<SourceSettings>): Partial<Pick<CameraRow, SettingsColumn>> {
  return {
    ...(states === undefined ? {} : { states_json: JSON.stringify(states) }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(debounce === undefined ? {} : { debounce }),
    ...(staleAfterMs === undefined ? {} : { stale_after_ms: staleAfterMs }),
    ...(region === undefined ? {} : regionColumns(region)),
    ...(masks === undefined ? {} : { masks_json: JSON.stringify(masks) }),
    ...(vector === undefined ? {} : { vector_json: vector && JSON.stringify(vector) }),
  }
}

export function toRow(source: Source): CameraRow {
  return {
    id: source.id,
    device: source.device,
    name: source.name,
    ...columnsOf(source),
    active_model: source.activeModel,
    follows: source.follows,
    created_at: source.createdAt,
    kind: source.kind,
  }
}
