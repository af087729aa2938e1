import { Loading } from '../../design/elements.tsx'

/** One sensor. */
export function SensorPage({ device, sensor }: { device: string; sensor: string }) {
  return <Loading what={`${device}/${sensor}`} />
}
