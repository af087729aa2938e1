import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { List, SensorBody } from '../api/bodies.ts'
import { get } from '../api/client.ts'
import { useConsole } from '../console.ts'
import { withHeard, withReading } from './sensor.ts'

const RETRY_MS = 5000

/** Newest readings of a device's sensors as they come in, in no order; empty until they are loaded. */
export function useSensors(device: string): ReadonlySignal<SensorBody[]> {
  const { live } = useConsole()
  const sensors = useSignal<SensorBody[]>([])
  // A stream that was away may have gaps.
  useEffect(() => {
    const ending = new AbortController()
    let retry: ReturnType<typeof setTimeout> | undefined
    let heard: SensorBody[] = []
    const end = live.listen((event) => {
      if (event.kind !== 'reading' || event.data.device !== device) return
      heard = withReading(heard, event.data)
      sensors.value = withReading(sensors.peek(), event.data)
    })
    const load = async () => {
      try {
        const { items } = await get<List<SensorBody>>('/api/sensors', { device }, ending.signal)
        sensors.value = withHeard(items, heard)
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
