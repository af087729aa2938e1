import { useConsole } from '../../console.ts'
import type { LiveCamera } from '../../live/camera.ts'
import { LivePicture } from '../../picture/live-picture.tsx'
import { SmallPlot } from '../../sensors/small-plot.tsx'
import { valueInWords } from '../../sensors/words.ts'
import '../../sensors/sensors.css'

const PICTURE_WIDTH = 320

/** What a source shows now: a picture, the numbers of a reading, or of a door nothing but its state. */
export function TileFace({ source: { id, kind, frame, firstNumbers } }: { source: LiveCamera }) {
  if (kind === 'camera') return <LivePicture frame={frame} width={PICTURE_WIDTH} alt={`${id}, the newest frame`} />
  if (kind === 'sensor') return <Numbers id={id} most={firstNumbers} />
  return <div class="tile-face door" />
}

/** It renders with its own readings only. */
function Numbers({ id, most }: { id: string; most: number | null }) {
  const value = useConsole().live.valueOf(id).value
  if (value === null) return <div class="tile-face">no reading yet</div>
  return (
    <div class="tile-face numbers">
      {Array.isArray(value) && value.length > 1 ? (
        <SmallPlot numbers={value.slice(0, most ?? value.length)} label={`${id}, the newest reading`} />
      ) : (
        <strong>{valueInWords(Array.isArray(value) ? (value[0] ?? '') : value, null)}</strong>
      )}
    </div>
  )
}
