import type { CameraBody } from '../../api/bodies.ts'
import { queryText, send } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { Button } from '../../design/elements.tsx'
import '../../design/owned.css'

interface BorrowedLabelsProps {
  camera: CameraBody
  onChanged(): void
}

/** Labels of other cameras' frames that this one learns from too. */
export function BorrowedLabels({ camera, onChanged }: BorrowedLabelsProps) {
  const { busy, run } = useAction()
  const { borrowed = [] } = camera
  if (borrowed.length === 0) return <p class="hint">It borrowed none: copy labels from another camera.</p>
  const remove = (source: string) =>
    run(async () => {
      await send('DELETE', `/api/cameras/${camera.id}/borrowed-labels${queryText({ from: source })}`)
      onChanged()
      return `Labels of ${source} are removed from ${camera.id}: its next training goes without them.`
    })
  return (
    <>
      <p class="hint">The next training learns from these frames too.</p>
      <ul class="owned" aria-label="Borrowed labels">
        {borrowed.map(({ camera: source, labels }) => (
          <li key={source}>
            {labels} of {source}
            <Button busy={busy.value} aria-label={`Remove the labels of ${source}`} onClick={() => void remove(source)}>
              Remove
            </Button>
          </li>
        ))}
      </ul>
    </>
  )
}
