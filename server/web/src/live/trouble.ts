import { duration, reasonInWords } from '../design/words.ts'
import { agentFault, type Said } from './agent-fault.ts'
import type { LiveCamera } from './camera.ts'

/** What is known of devices, by name; null until they are loaded. */
type Presence = Said | null

/** Their readings come by HTTP, under a device that is none. */
export const OLDER_CLIENTS = 'legacy'

/**
 * Why a camera does not do what it is there for, in words; null where it does.
 * @param now milliseconds UTC
 */
export function troubleOf(camera: LiveCamera, now: number, devices: Presence): string | null {
  if (camera.kind === 'door') return camera.state === 'unknown' ? reasonInWords(camera.reason) : null
  const things = camera.kind === 'sensor' ? 'readings' : 'frames'
  if (camera.frameAt === null) {
    // A sensor may be there for what was imported alone: nobody waits for its readings.
    const cause = agentFault(camera, devices)
    return camera.kind === 'sensor' && cause === null ? null : withCause(`no ${things} yet`, cause)
  }
  const age = now - camera.frameAt
  if (age > camera.staleAfterMs) {
    const silence = `no ${things} for ${duration(age)}`
    if (isOrphan(camera, devices))
      return camera.kind === 'sensor'
        ? `its device was removed, ${silence}: add ${camera.device} again`
        : `its device was removed, ${silence}: add ${camera.device} again, or rename the camera onto another device`
    const isOffline = devices?.get(camera.device)?.connected === false
    return withCause(isOffline ? `offline, ${silence}` : silence, agentFault(camera, devices))
  }
  if (isUntaught(camera) || camera.state !== 'unknown') return null
  // Frames come again, and so far too few of them agree.
  if (camera.reason === 'stale' || camera.reason === 'offline')
    return `no ${things} had come for more than ${duration(camera.staleAfterMs)}, and too few since then to know the state`
  return reasonInWords(camera.reason, things)
}

function withCause(trouble: string, cause: string | null): string {
  return cause === null ? trouble : `${trouble}: ${cause}`
}

/** Whether no device can send its frames any more. */
export function isOrphan({ device }: Pick<LiveCamera, 'device'>, devices: Presence): boolean {
  return device !== OLDER_CLIENTS && devices !== null && !devices.has(device)
}

/** Whether somebody has to name its states and train before it can say anything. */
export function isUntaught({ kind, model }: LiveCamera): boolean {
  return model === null && kind !== 'door'
}
