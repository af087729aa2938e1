import type { Status } from '@ajar/protocol'
import type { Registry } from 'prom-client'
import type { DeviceRow } from '../../database/schema.ts'
import { counters, gauges, type Sample } from './told.ts'

export type DeviceNow = Pick<DeviceRow, 'name' | 'connected' | 'status_json'>
type Said = Pick<Status, 'outboxFrames' | 'droppedFrames'>

/** @param devices those with a credential: strangers cannot add to them */
export function tellDevices(registry: Registry, devices: () => DeviceNow[]) {
  const said = new LastSaid()
  const isThere = '1 for each device that is connected by MQTT, 0 for those that are not'
  gauges(registry, 'ajar_device_connected', isThere, ['device'], () =>
    devices().map(({ name, connected }): Sample => [{ device: name }, connected]),
  )
  const read = (field: keyof Said) => () =>
    said.of(devices()).flatMap(({ device, ...numbers }): Sample[] => {
      const number = numbers[field]
      return number === undefined ? [] : [[{ device }, number]]
    })
  const waiting = 'frames that wait in the outbox of each device that is connected'
  gauges(registry, 'ajar_device_outbox_frames', waiting, ['device'], read('outboxFrames'))
  const dropped = 'frames that each device lost to a bound of its outbox, as the device counts'
  counters(registry, 'ajar_device_dropped_frames_total', dropped, ['device'], read('droppedFrames'))
}

/** What devices last said. A status may have 64 KB, so each is read once and not at every scrape. */
class LastSaid {
  #known = new Map<string, { json: string; said: Said }>()

  of(devices: DeviceNow[]): (Said & { device: string })[] {
    const known = new Map<string, { json: string; said: Said }>()
    for (const { name, status_json: json } of devices) {
      if (json === null) continue
      const before = this.#known.get(name)
      known.set(name, before?.json === json ? before : { json, said: JSON.parse(json) as Status })
    }
    this.#known = known
    return [...known].map(([device, { said }]) => ({ device, ...said }))
  }
}
