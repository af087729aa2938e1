import { setTimeout as sleep } from 'node:timers/promises'
import { cameraId } from '@ajar/protocol'
import { HttpError } from '../http/errors.ts'
import type { Sources } from './sources.ts'

export interface RemoveSensorPorts {
  sources: Pick<Sources, 'find' | 'isBeingDeleted'>
  /** Begins to delete what it has as a source, or goes on: readings, labels, models, results. It is gone for everybody at once. */
  deleteSource(id: string, author: string): Promise<unknown>
  /** Removes what is known of the sensor, and the readings that nobody was asked about. @throws HttpError 404 */
  removeReadings(device: string, sensor: string, author: string): Promise<void>
}

const LOOK_MS = 50
/** Nobody waits longer for the job that deletes a source; it goes on. */
const MOST_WAIT_MS = 60_000

/**
 * Removes a sensor with all that it read and, where it was set up, with all that came of it. What it sends meanwhile is
 * refused (`being_deleted`), so that nothing of it comes back.
 * @returns whether it is gone; else a job is still at it
 * @throws HttpError 404 where there is no such sensor; 409 `job_runs`; 503 `closing`, `busy`
 */
export async function removeSensor(
  { sources, deleteSource, removeReadings }: RemoveSensorPorts,
  device: string,
  sensor: string,
  author: string,
): Promise<boolean> {
  const id = cameraId({ device, camera: sensor })
  const isSource = sources.find(id)?.kind === 'sensor' || sources.isBeingDeleted(id)
  if (isSource) await deleteSource(id, author)
  try {
    await removeReadings(device, sensor, author)
  } catch (error) {
    // One that was set up before its first reading is no more than a source.
    if (!isSource || !(error instanceof HttpError) || error.status !== 404) throw error
  }
  for (const until = performance.now() + MOST_WAIT_MS; sources.isBeingDeleted(id); ) {
    if (performance.now() > until) return false
    await sleep(LOOK_MS, undefined, { ref: false })
  }
  return true
}
