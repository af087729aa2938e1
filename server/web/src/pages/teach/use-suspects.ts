import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { CameraBody } from '../../api/bodies.ts'
import type { SuspectBody } from '../../api/model-bodies.ts'
import { useConsole } from '../../console.ts'
import { suspectsOf } from './calls.ts'
import type { Sheet } from './sheet.ts'

/** Labels of which the newest model is sure that they are wrong, without those that are corrected on the sheet. */
export function useSuspects(camera: CameraBody, sheet: Sheet): SuspectBody[] {
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
  const labels = new Map(sheet.frames.value.map(({ id, label }) => [id, label]))
  return suspects.value.filter(({ frame, label }) => (labels.has(frame) ? labels.get(frame) === label : true))
}
