import type { UnknownReason } from '@ajar/protocol'
import type { Generated, Selectable } from 'kysely'

/** Tables of what has states. */
export interface SourcesTables {
  camera_aliases: CameraAliasesTable
  camera_deletions: CameraDeletionsTable
  camera_renames: CameraRenamesTable
  cameras: CamerasTable
  camera_states: CameraStatesTable
  door_members: DoorMembersTable
}

/** What a door is seen by. */
export interface DoorMembersTable {
  /** `doors/name` */
  door: string
  /** `device/name` of a camera or sensor. */
  source: string
  /** What each state of the source says of the door, `{"0": "closed"}`; a state that is not named here is the door's own. */
  states_json: string
}

/** Cameras, and whatever else has states: sensors and doors (`SourceKind`). */
export interface CamerasTable {
  id: string
  device: string
  name: string
  states_json: string
  /** A result whose confidence is below it is `unknown`. */
  threshold: number
  /** How many agreeing results change the state. */
  debounce: number
  stale_after_ms: number
  /** The bounding box `{x, y, width, height}` of `region_json`, or null: what the release before knows of it. */
  box_json: string | null
  /**
   * Region of interest as a polygon `[{x, y}, ...]` in fractions of the upright frame; `box_json` says it where this is
   * null, or has another bounding box.
   */
  region_json: string | null
  /** Privacy masks `[[{x, y}, ...], ...]` in fractions of the upright frame; null in rows of an older release. */
  masks_json: string | null
  active_model: string | null
  created_at: number
  /** The release before takes all for cameras. */
  kind: Generated<'camera' | 'sensor' | 'door'>
  /** Of a sensor: how its readings are seen (`VectorView`). */
  vector_json: string | null
  /** The source whose model is asked; null: its own. */
  follows: string | null
}

/** What debounce remembers of a camera, and the state that is published of it. */
export interface CameraStatesTable {
  camera: string
  state: string
  reason: UnknownReason | null
  confidence: number | null
  since: number | null
  /** Capture time of the frame that made the state, or null. */
  frame_at: number | null
  model: string | null
  /** The state that the latest results agree on, and how many do. */
  run_state: string | null
  run_length: number
  run_since: number | null
  /** So many of the latest results in a row are unlike anything in training. */
  unlike_length: number
  /** Capture time of the newest frame that was classified: older ones are late. */
  newest_at: number | null
  /** The server's time when the last of these frames came in; null in rows of an older release. */
  received_at: number | null
  /** Capture time of the oldest late frame whose transitions were not computed again yet. */
  late_from: number | null
}

/** Names that a camera had: frames that still come under them are its own. */
export interface CameraAliasesTable {
  /** `device/camera` */
  alias: string
  camera: string
  since: number
}

/** Cameras that are gone for everybody while what they had is being removed. */
export interface CameraDeletionsTable {
  camera: string
  author: string
  at: number
}

/** Renamings that were begun: what the server's end interrupted is finished at its next start. */
export interface CameraRenamesTable {
  from_camera: string
  to_camera: string
  author: string
  at: number
}

export type CameraRow = Selectable<CamerasTable>
export type CameraStateRow = Selectable<CameraStatesTable>
