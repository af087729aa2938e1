import type { Static } from 'typebox'
import type { DriverContext, Picture } from './driver.ts'
import { folder } from './drivers/folder.ts'
import { synthetic } from './drivers/synthetic.ts'

/** Every camera driver there is. */
export const drivers = [folder, synthetic] as const

/** A camera's entry in the config file, validated by its driver's schema. */
export type CameraConfig = Static<(typeof drivers)[number]['config']>

/** The driver of a camera that passed validation. */
export function driverOf(camera: CameraConfig): (typeof drivers)[number] {
  const found = drivers.find(({ name }) => name === camera.driver)
  if (!found) throw new Error(`no driver ${camera.driver}, though its config was accepted`)
  return found
}

export function openCamera(camera: CameraConfig, context: DriverContext): AsyncIterable<Picture> {
  // The schema that accepted `camera` names its driver, which the type of a list cannot express.
  return driverOf(camera).open(camera as never, context)
}
