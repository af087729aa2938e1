import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { List, SensorBody } from '../api/bodies.ts'
import { get } from '../api/client.ts'
import { useConsole } from '../console.ts'
import { withHeard, withReading } from './sensor.ts'

const RETRY_MS = 5000

/** Pages of a thousand sensors each: more are not shown. */
const MOST_PAGES = 10

/**
 * Newest readings of sensors as they come in, in no order; empty until they are loaded.
 * @param device null for those of all devices
 */
export function useSensors(device: string | null): ReadonlySignal<SensorBody[]> {
  const { live } = useConsole()
  const sensors = useSignal<SensorBody[]>([])
  // A stream that was away may have gaps.
  useEffect(() => {
    const ending = new AbortController()
    let retry: ReturnType<typeof setTimeout> | undefined
    let heard: SensorBody[] = []
    const end = live.listen((event) => {
      if (event.kind !== 'reading' || (device !== null && event.data.device !== device)) return
      heard = withReading(heard, event.data)
      sensors.value = withReading(sensors.peek(), event.data)
    })
    const load = async () => {
      try {
        sensors.value = withHeard(await loadSensors(device, ending.signal), heard)
      } catch {
        if (!ending.signal.aborted) retry = setTimeout(() => void load(), RETRY_MS)
      }
    }
    void load()
    return () => {
      end()
      ending.abort()
      clearTimeout(retry)
    }
  }, [device, live.liveness.value])
  return sensors
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
