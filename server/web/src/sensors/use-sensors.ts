import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { List } from '../api/bodies.ts'
import { get } from '../api/client.ts'
import type { SensorBody } from '../api/sensor-bodies.ts'
import { useConsole } from '../console.ts'
import { withHeard, withoutSensor, withReading, withStatus } from './sensor.ts'

const RETRY_MS = 5000
/** Who writes a sensor that was not there before is known a moment after its first reading. */
const NEW_MS = 2000

/** Pages of a thousand sensors each: more are not shown. */
const MOST_PAGES = 10

interface KnownSensors {
  /** With their newest readings as they come in, in no order; empty until they are loaded. */
  sensors: ReadonlySignal<SensorBody[]>
  /** One was removed here: its event would say so a moment later. */
  forget(device: string, sensor: string): void
}

/** @param device null for the sensors of all devices */
export function useSensors(device: string | null): KnownSensors {
  const { live } = useConsole()
  const sensors = useSignal<SensorBody[]>([])
  // A stream that was away may have gaps.
  useEffect(() => {
    const ending = new AbortController()
    let retry: ReturnType<typeof setTimeout> | undefined
    let heard: SensorBody[] = []
    let removals = 0
    const load = async () => {
      const before = removals
      try {
        const loaded = await loadSensors(device, ending.signal)
        // It may still have the one that was removed, and is asked for again already.
        if (before === removals) sensors.value = withHeard(loaded, heard)
      } catch {
        if (!ending.signal.aborted) retry = setTimeout(() => void load(), RETRY_MS)
      }
    }
    const end = live.listen((event) => {
      if (!('device' in event.data) || (device !== null && event.data.device !== device)) return
      if (event.kind === 'reading') {
        const { device: ofDevice, sensor: named } = event.data
        if (!sensors.peek().some((one) => one.device === ofDevice && one.sensor === named)) {
          clearTimeout(retry)
          retry = setTimeout(() => void load(), NEW_MS)
        }
        heard = withReading(heard, event.data)
        sensors.value = withReading(sensors.peek(), event.data)
      }
      if (event.kind === 'device') sensors.value = withStatus(sensors.peek(), event.data)
      if (event.kind === 'sensor') {
        removals++
        heard = withoutSensor(heard, event.data)
        sensors.value = withoutSensor(sensors.peek(), event.data)
        clearTimeout(retry)
        void load()
      }
    })
    void load()
    return () => {
      end()
      ending.abort()
      clearTimeout(retry)
    }
  }, [device, live.liveness.value])
  return {
    sensors,
    forget: (ofDevice, sensor) => {
      sensors.value = withoutSensor(sensors.peek(), { device: ofDevice, sensor })
    },
  }
}

async function loadSensors(device: string | null, signal: AbortSignal): Promise<SensorBody[]> {
  const sensors: SensorBody[] = []
  let cursor: string | undefined
  for (let page = 0; page < MOST_PAGES; page++) {
    const query = { device: device ?? undefined, limit: 1000, cursor }
    const { items, next } = await get<List<SensorBody>>('/api/sensors', query, signal)
    sensors.push(...items)
    if (next === null) break
    cursor = next
  }
  return sensors
}
