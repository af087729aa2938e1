import { useSignal } from '@preact/signals'
import type { CameraBody, JobBody } from '../../api/bodies.ts'
import { send } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { useConsole } from '../../console.ts'
import { Button, Field } from '../../design/elements.tsx'

/** Removes the camera with all its frames; whoever does it types its name. */
export function DeleteForm({ camera }: { camera: CameraBody }) {
  const { live, router } = useConsole()
  const typed = useSignal('')
  const { busy, run } = useAction()
  const remove = async (event: Event) => {
    event.preventDefault()
    await run(async () => {
      await send<JobBody>('DELETE', `/api/cameras/${camera.id}`)
      router.go('/')
      await live.reload()
      return `${camera.id} is being deleted with its frames.`
    })
  }
  return (
    <form onSubmit={remove}>
      <p class="hint">
        Frames, results, labels, models and transitions go with it. Frames that come after that make a new camera, so
        stop its device first.
      </p>
      <Field label={`Type ${camera.id} to delete it`}>
        {(ids) => (
          <input
            {...ids}
            autocomplete="off"
            value={typed.value}
            onInput={(event) => {
              typed.value = event.currentTarget.value
            }}
          />
        )}
      </Field>
      <Button kind="danger" type="submit" busy={busy.value} disabled={typed.value !== camera.id}>
        Delete the camera for good
      </Button>
    </form>
  )
}
