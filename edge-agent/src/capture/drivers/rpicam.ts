import { Type } from 'typebox'
import { driver } from '../driver.ts'
import { piCameraFields, piCameraPictures, whyNoPiCamera } from '../stream/pi-camera.ts'

export const program = { name: 'rpicam-vid', install: 'sudo apt install rpicam-apps-lite' }

/** A camera on a Pi's ribbon cable, with the programs of Raspberry Pi OS since the end of 2023. */
export const rpicam = driver({
  name: 'rpicam',
  pacedByInterval: true,
  config: Type.Object({ ...piCameraFields, driver: Type.Literal('rpicam') }, { additionalProperties: false }),
  probe: (config) => whyNoPiCamera(program, config),
  open: (config, context) => piCameraPictures(program, config, context),
})
