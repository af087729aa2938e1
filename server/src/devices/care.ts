import type { FrameStore } from '../database/frames/frame-store.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Log } from '../logging/levels.ts'
import type { CameraChanges } from './changes.ts'
import { Deletion, type DeletionPorts } from './deletion.ts'
import { Purge, type PurgePorts } from './purge.ts'
import { Renaming, type RenamingPorts } from './renaming.ts'
import { SettingUp, type SettingUpPorts } from './setting-up.ts'
import type { Sources } from './sources.ts'

export interface CarePorts extends SettingUpPorts, RenamingPorts, DeletionPorts, PurgePorts {
  database: StateDatabase
  frames: FrameStore
  sources: Sources
  changes: CameraChanges
  log: Log
}

/** All that is done to a camera as a whole. */
export interface CameraCare {
  settingUp: SettingUp
  renaming: Renaming
  deletion: Deletion
  purge: Purge
}

export function cameraCare(ports: CarePorts): CameraCare {
  return {
    settingUp: new SettingUp(ports),
    renaming: new Renaming(ports),
    deletion: new Deletion(ports),
    purge: new Purge(ports),
  }
}
