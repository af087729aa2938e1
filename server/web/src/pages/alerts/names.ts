import { useEffect, useState } from 'preact/hooks'
import type { List } from '../../api/bodies.ts'
import { get, getHealth } from '../../api/client.ts'
import type { SensorBody } from '../../api/sensor-bodies.ts'
import { useConsole } from '../../console.ts'

/** Names that a rule may be about. */
export interface Names {
  cameras: string[]
  devices: string[]
  /** What the server's health looks at. */
  checks: string[]
  /** @param subject a camera; empty for those of all cameras */
  statesOf(subject: string): string[]
  /** @param subject a device; empty for those of all devices */
  sensorsOf(subject: string): string[]
}

const MOST_SENSORS = 1000

export function useNames(): Names {
  const { live } = useConsole()
  const [sensors, setSensors] = useState<SensorBody[]>([])
  const [checks, setChecks] = useState<string[]>([])
  useEffect(() => {
    const ending = new AbortController()
    get<List<SensorBody>>('/api/sensors', { limit: MOST_SENSORS }, ending.signal).then(
      ({ items }) => setSensors(items),
      () => {}, // they are only proposed: any name can be typed
    )
    getHealth(ending.signal).then(
      (health) => setChecks(distinct(health.checks.map(({ name }) => name))),
      () => {}, // none is chosen then, which is each there is
    )
    return () => ending.abort()
  }, [])
  const cameras = live.ids.value ?? []
  return {
    cameras,
    checks,
    devices: [...(live.devices.value?.keys() ?? [])].sort(),
    statesOf: (subject) =>
      distinct((subject === '' ? cameras : [subject]).flatMap((id) => live.camera(id)?.value.states ?? [])),
    sensorsOf: (subject) =>
      distinct(sensors.filter(({ device }) => subject === '' || device === subject).map(({ sensor }) => sensor)),
  }
}

function distinct(names: string[]): string[] {
  return [...new Set(names)]
}
