import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { CameraBody } from '../../api/bodies.ts'
import type { SuspectBody } from '../../api/model-bodies.ts'
import { useConsole } from '../../console.ts'
import { FrameList } from '../../models/frame-list.tsx'
import { reviewQuery } from '../../router/review.ts'
import { teachPath } from '../../router/route.ts'
import { suspectsOf } from './calls.ts'
import type { Sheet } from './sheet.ts'

interface SuspectsProps {
  camera: CameraBody
  sheet: Sheet
}

/** Labels of which the newest model is sure that they are wrong; nothing where there are none. */
export function Suspects({ camera, sheet }: SuspectsProps) {
  const { router } = useConsole()
  const suspects = useSignal<SuspectBody[]>([])
  useEffect(() => {
    // What was said until now counts; where it cannot be had, training says so too.
    const load = async () => {
      await sheet.kept.catch(() => {})
      suspects.value = (await suspectsOf(camera.id)).items
    }
    void load().catch(() => {})
  }, [camera, router.query.value])
  if (suspects.value.length === 0) return null
  return (
    <details class="suspects card">
      <summary>
        Labels that look wrong <small>{suspects.value.length}</small>
      </summary>
      <p class="hint">
        A model that had not learned from them is sure of another state. Look at each: it may be the model that errs.
      </p>
      <FrameList
        name="Labels that look wrong"
        frames={suspects.value}
        states={camera.states}
        pathOf={(frame) => teachPath(camera.id) + reviewQuery({ of: 'suspects' }, frame)}
      />
    </details>
  )
}
