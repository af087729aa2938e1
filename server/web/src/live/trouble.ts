import { duration, reasonInWords } from '../design/words.ts'
import type { LiveCamera } from './camera.ts'

/** What is known of devices, by name; null until they are loaded. */
type Presence = ReadonlyMap<string, { connected: boolean }> | null

/**
 * Why a camera does not do what it is there for, in words; null where it does.
 * @param now milliseconds UTC
 */
export function troubleOf(camera: LiveCamera, now: number, devices: Presence): string | null {
  if (camera.frameAt === null) return 'no frames yet'
  const age = now - camera.frameAt
  if (age > camera.staleAfterMs) {
    const silence = `no frames for ${duration(age)}`
    if (isOrphan(camera, devices))
      return `its device was removed, ${silence}: add ${camera.device} again, or rename the camera onto another device`
    return devices?.get(camera.device)?.connected === false ? `offline, ${silence}` : silence
  }
  if (isUntaught(camera) || camera.state !== 'unknown') return null
  return reasonInWords(camera.reason)
}

/** Whether no device can send its frames any more. */
export function isOrphan({ device }: Pick<LiveCamera, 'device'>, devices: Presence): boolean {
  return devices !== null && !devices.has(device)
}

/** Whether somebody has to name its states and train before it can say anything. */
export function isUntaught({ model }: LiveCamera): boolean {
  return model === null
}
