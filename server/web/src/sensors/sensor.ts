import type { DeviceEvent, ReadingEvent, SensorEvent } from '../api/events.ts'
import type { ReadingBody, ReadingValue } from '../api/reading-bodies.ts'
import type { SensorBody } from '../api/sensor-bodies.ts'

/** A sensor as it is shown. */
export interface Sensor {
  name: string
  /** Its newest reading; null where there is none. `at` is milliseconds UTC. */
  reading: { at: number; value: ReadingValue } | null
  unit: string | null
  /** Why it cannot be read now. */
  fault: string | null
  /** Whether its agent still has it, as far as is known; null beside a past frame, and where none sends it at all. */
  isSent: boolean | null
  /** What writes it where that is no agent: a task, which is run each night or once in a month. */
  task: string | null
}

/** What an agent says of a sensor. */
type Told = Pick<SensorBody, 'unit' | 'driver' | 'fault'>

/** What is known of a device. */
interface Said {
  connected: boolean
  status: Record<string, unknown> | null
}

/**
 * The sensors of a device, by name, those that cannot be read first.
 * @param loaded with their newest readings
 * @param device what it last said of itself: newer than what was loaded, and it knows of sensors without a reading. A device
 * that is away may have said it long ago; null where it is not known yet.
 */
export function sensorsOf(loaded: SensorBody[], device: Said | null): Sensor[] {
  const told = device?.connected ? toldOf(device.status) : null
  const known = new Map(loaded.map((body) => [body.sensor, body]))
  const names = new Set([...known.keys(), ...(told?.keys() ?? [])])
  const sensors = [...names].sort().map((name) => {
    const body = known.get(name)
    const said = told?.get(name)
    const task = said === undefined ? taskOf(body) : null
    return {
      name,
      reading: body?.at != null && body.value !== null ? { at: Date.parse(body.at), value: body.value } : null,
      unit: said?.unit ?? body?.unit ?? null,
      fault: said?.fault ?? null,
      isSent: task === null ? told === null || told.has(name) : null,
      task,
    }
  })
  return [...sensors.filter(({ fault }) => fault !== null), ...sensors.filter(({ fault }) => fault === null)]
}

/** What was loaded, with one reading more; one that is older than the newest, as after an outage, changes nothing. */
export function withReading(loaded: SensorBody[], event: ReadingEvent): SensorBody[] {
  const known = loaded.find(({ device, sensor }) => device === event.device && sensor === event.sensor)
  if (!known) return [...loaded, { ...event, unit: null, driver: null, fault: null }]
  if (Date.parse(event.at) < Date.parse(known.at ?? '')) return loaded
  return loaded.map((body) => (body === known ? { ...body, at: event.at, value: event.value } : body))
}

/** What was loaded, with what a device says of its sensors now: it is so also when it goes. */
export function withStatus(
  loaded: SensorBody[],
  { device, status }: Pick<DeviceEvent, 'device' | 'status'>,
): SensorBody[] {
  const told = toldOf(status)
  if (!told) return loaded
  return loaded.map((body) => {
    const said = body.device === device ? told.get(body.sensor) : undefined
    return said ? { ...body, unit: said.unit, driver: said.driver } : body
  })
}

/** What was loaded, without a sensor that was removed. */
export function withoutSensor(loaded: SensorBody[], { device, sensor }: Omit<SensorEvent, 'change'>): SensorBody[] {
  return loaded.filter((body) => body.device !== device || body.sensor !== sensor)
}

/** What was asked for, with the readings that were heard while the answer was on its way. */
export function withHeard(loaded: SensorBody[], heard: SensorBody[]): SensorBody[] {
  return heard.reduce(
    (known, { device, sensor, at, value }) =>
      at === null || value === null ? known : withReading(known, { device, sensor, at, value }),
    loaded,
  )
}

/** Readings beside a frame, as sensors. */
export function sensorsBeside(readings: ReadingBody[]): Sensor[] {
  const byName = readings.toSorted((a, b) => (a.sensor < b.sensor ? -1 : 1))
  return byName.map(({ sensor, at, value, unit }) => {
    return { name: sensor, reading: { at: Date.parse(at), value }, unit, fault: null, isSent: null, task: null }
  })
}

/** The task that writes a sensor, as `driver` says. */
const taskOf = (body: SensorBody | undefined) => /^task (.+)$/.exec(body?.driver ?? '')?.[1] ?? null

/** Null where the status does not tell of sensors: a device that is offline says nothing, and an agent may be older. */
function toldOf(status: Record<string, unknown> | null): Map<string, Told> | null {
  const told = status?.sensors
  if (typeof told !== 'object' || told === null) return null
  return new Map(Object.entries(told as Record<string, Told>))
}
