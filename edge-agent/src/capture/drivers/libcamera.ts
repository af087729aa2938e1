import { Type } from 'typebox'
import { driver } from '../driver.ts'
import { piCameraFields, piCameraPictures, whyNoPiCamera } from '../stream/pi-camera.ts'

const program = { name: 'libcamera-vid', install: 'sudo apt install libcamera-apps-lite' }

/** The same as `rpicam` under the names that its programs had before (Bullseye, Bookworm's first months). */
export const libcamera = driver({
  name: 'libcamera',
  pacedByInterval: true,
  config: Type.Object({ ...piCameraFields, driver: Type.Literal('libcamera') }, { additionalProperties: false }),
  probe: (config) => whyNoPiCamera(program, config),
  open: (config, context) => piCameraPictures(program, config, context),
})
