import type { Static } from 'typebox'
import type { DriverContext, Picture } from './driver.ts'
import { auto } from './drivers/auto.ts'
import { folder } from './drivers/folder.ts'
import { httpSnapshot } from './drivers/http-snapshot.ts'
import { libcamera } from './drivers/libcamera.ts'
import { raspistill } from './drivers/raspistill.ts'
import { rpicam } from './drivers/rpicam.ts'
import { rtsp } from './drivers/rtsp.ts'
import { synthetic } from './drivers/synthetic.ts'
import { v4l2 } from './drivers/v4l2.ts'

/** Every camera driver there is; the first is that of a camera which names none. */
export const drivers = [auto, rpicam, libcamera, raspistill, v4l2, httpSnapshot, rtsp, folder, synthetic] as const

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
