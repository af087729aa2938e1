import { useEffect, useState } from 'preact/hooks'
import { useConsole } from '../../console.ts'
import { Button } from '../../design/elements.tsx'
import { counted } from '../../design/words.ts'
import { capturedAt } from '../../live/camera.ts'
import type { Sheet } from './sheet.ts'
import type { Source } from './source.ts'

interface NewerFramesProps {
  camera: string
  source: Source
  sheet: Sheet
  onShow(): void
}

/** So many are remembered; nobody waits for an exact number above. */
const MOST = 1000

/** Says that frames came since the sheet was laid out, which stays as it is under the hands of who labels. */
export function NewerFrames({ camera, source: { order, label, every, to }, sheet, onShow }: NewerFramesProps) {
  const { live } = useConsole()
  const [times, setTimes] = useState<number[]>([])
  const takesNew = order === 'newest' && to === null && (label === null || label === 'none')
  useEffect(() => {
    setTimes([])
    if (!takesNew) return
    return live.listen(({ kind, data }) => {
      const at = kind === 'result' && data.camera === camera && !data.late ? capturedAt(data.frame) : null
      if (at !== null) setTimes((known) => [...known.slice(1 - MOST), at])
    })
  }, [camera, takesNew])
  const newest = capturedAt(sheet.frames.value[0]?.id ?? null) ?? 0
  const spans = new Set(times.filter((at) => at > newest).map((at) => (every === 0 ? at : Math.floor(at / every))))
  if (spans.size === 0) return null
  return (
    <Button class="newer" onClick={onShow}>
      {counted(spans.size, 'newer frame')}: show
    </Button>
  )
}
