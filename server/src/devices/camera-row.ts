import type { CameraRow } from '../database/schema.ts'
import type { Camera, CameraSettings } from './camera.ts'

type SettingsColumn = 'states_json' | 'threshold' | 'debounce' | 'stale_after_ms' | 'box_json' | 'masks_json'

/** A camera, as its row says it. */
export function fromRow(row: CameraRow): Camera {
  return {
    id: row.id,
    device: row.device,
    camera: row.name,
    states: JSON.parse(row.states_json),
    threshold: row.threshold,
    debounce: row.debounce,
    staleAfterMs: row.stale_after_ms,
    box: row.box_json === null ? null : JSON.parse(row.box_json),
    masks: row.masks_json === null ? [] : JSON.parse(row.masks_json),
    activeModel: row.active_model,
    createdAt: row.created_at,
  }
}

/** The columns of the settings that are given. */
export function columnsOf(given: CameraSettings): Pick<CameraRow, SettingsColumn>
export function columnsOf(given: Partial<CameraSettings>): Partial<Pick<CameraRow, SettingsColumn>>
export function columnsOf({
  states,
  threshold,
  debounce,
  staleAfterMs,
  box,
  masks,
}: Partial<CameraSettings>): Partial<Pick<CameraRow, SettingsColumn>> {
  return {
    ...(states === undefined ? {} : { states_json: JSON.stringify(states) }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(debounce === undefined ? {} : { debounce }),
    ...(staleAfterMs === undefined ? {} : { stale_after_ms: staleAfterMs }),
    ...(box === undefined ? {} : { box_json: box === null ? null : JSON.stringify(box) }),
    ...(masks === undefined ? {} : { masks_json: JSON.stringify(masks) }),
  }
}

export function toRow(camera: Camera): CameraRow {
  return {
    id: camera.id,
    device: camera.device,
    name: camera.camera,
    ...columnsOf(camera),
    region_json: null,
    active_model: camera.activeModel,
    created_at: camera.createdAt,
  }
}
