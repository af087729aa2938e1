import type { CameraBody } from '../../api/bodies.ts'
import { send } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { Button } from '../../design/elements.tsx'
import '../../design/owned.css'

interface OldNamesProps {
  camera: CameraBody
  onChanged(): void
}

/** Names that the camera had: what still comes under them is its own until somebody frees them. */
export function OldNames({ camera, onChanged }: OldNamesProps) {
  const { busy, run } = useAction()
  const { aliases = [] } = camera
  if (aliases.length === 0) return <p class="hint">It has had no other name.</p>
  const free = (alias: string) =>
    run(async () => {
      await send('DELETE', `/api/cameras/${camera.id}/aliases/${alias}`)
      onChanged()
      return `${alias} is free: frames that come under it make a camera of its own.`
    })
  return (
    <>
      <p class="hint">Frames that still come under these names are frames of this camera.</p>
      <ul class="owned" aria-label="Old names">
        {aliases.map((alias) => (
          <li key={alias}>
            {alias}
            <Button busy={busy.value} aria-label={`Free the name ${alias}`} onClick={() => void free(alias)}>
              Free this name
            </Button>
          </li>
        ))}
      </ul>
    </>
  )
}
