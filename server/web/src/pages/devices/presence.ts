import type { DeviceBody } from '../../api/bodies.ts'
import type { DeviceEvent } from '../../api/events.ts'

/** The list after a device came, went or said something. @param now milliseconds UTC */
export function withEvent(
  devices: DeviceBody[],
  { device, connected, status }: DeviceEvent,
  now: number,
): DeviceBody[] {
  const seenAt = new Date(now).toISOString()
  const isIt = (known: DeviceBody) => known.name === device && known.protocol !== 'http'
  return devices.map((known) =>
    isIt(known) ? { ...known, connected, status, seenAt, ...(connected ? { refused: null } : {}) } : known,
  )
}
