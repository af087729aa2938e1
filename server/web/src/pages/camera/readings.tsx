import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { List } from '../../api/bodies.ts'
import { get } from '../../api/client.ts'
import type { ReadingBody } from '../../api/reading-bodies.ts'
import { useConsole } from '../../console.ts'
import { Age } from '../../design/elements.tsx'
import { type Sensor, sensorsBeside, sensorsOf } from '../../sensors/sensor.ts'
import { SensorList } from '../../sensors/sensor-list.tsx'
import { useSensors } from '../../sensors/use-sensors.ts'
import { beforeFrame } from '../../sensors/words.ts'

/** What the sensors of a camera's device read now. */
export function ReadingsNow({ device }: { device: string }) {
  const { live } = useConsole()
  const loaded = useSensors(device).sensors.value
  const known = live.devices.value?.get(device) ?? null
  return (
    <SensorList title="Readings" device={device} sensors={sensorsOf(loaded, known)} when={(at) => <Age at={at} />} />
  )
}

/** What they read when a frame was captured, at `at` (milliseconds UTC). */
export function ReadingsAt({ device, at }: { device: string; at: number }) {
  const sensors = useSignal<Sensor[]>([])
  const failed = useSignal<unknown>(null)
  useEffect(() => {
    const ending = new AbortController()
    failed.value = null
    get<List<ReadingBody>>('/api/readings/at', { device, at }, ending.signal).then(
      ({ items }) => {
        sensors.value = sensorsBeside(items)
      },
      (error) => {
        if (ending.signal.aborted) return
        // Those of another frame are not this one's.
        sensors.value = []
        failed.value = error
      },
    )
    return () => ending.abort()
  }, [device, at])
  if (failed.value !== null) return <p class="hint wrong">Its readings could not be loaded.</p>
  return (
    <SensorList title="Readings" sensors={sensors.value} when={(readAt) => beforeFrame(Math.max(0, at - readAt))} />
  )
}
