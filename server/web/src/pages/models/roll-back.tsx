import { useSignal } from '@preact/signals'
import { send } from '../../api/client.ts'
import type { ActivationBody, ModelBody } from '../../api/model-bodies.ts'
import { useConsole } from '../../console.ts'
import { Dialog, DialogActions } from '../../design/dialog.tsx'
import { Button } from '../../design/elements.tsx'
import { type Owner, shotOf } from '../../models/owner.ts'
import { verdictInWords } from '../../models/words.ts'
import { versionOf } from './activations.tsx'
import { modelBefore } from './model-before.ts'

interface RollBackProps {
  camera: Owner
  models: ModelBody[]
  activations: ActivationBody[]
  onDone(): void
}

/** Back to the model that was active before; it says to which, and asks. */
export function RollBack({ camera, models, activations, onDone }: RollBackProps) {
  const { notices } = useConsole()
  const isAsking = useSignal(false)
  const busy = useSignal(false)
  const before = modelBefore(camera.model, activations)
  if (before === null) return null
  const model = models.find(({ id }) => id === before)
  const said = model && verdictInWords(model.verdict, model)
  const flaw = said && !said.isReady ? said : null
  const close = () => {
    isAsking.value = false
  }
  const rollBack = async (event: Event) => {
    event.preventDefault()
    busy.value = true
    try {
      const { id } = await send<ModelBody>('POST', `${camera.api}/rollback`)
      notices.done(`${id} is active again: new ${shotOf(camera)}s are classified by it.`)
      onDone()
    } catch (error) {
      notices.failed(error)
    }
    busy.value = false
    close()
  }
  return (
    <>
      <Button onClick={() => (isAsking.value = true)}>Roll back to model {versionOf(before)}</Button>
      {isAsking.value && (
        <Dialog title={`Roll back to model ${versionOf(before)}?`} onClose={close}>
          <form class="ask" onSubmit={(event) => void rollBack(event)}>
            <p>
              New {shotOf(camera)}s of {camera.id} are classified by <strong>{before}</strong> from now on, as before{' '}
              {camera.model}. No model is lost: one can activate the other again at any time.
            </p>
            {flaw && (
              <p class="hint wrong">
                Model {versionOf(before)} is {lower(flaw.title)}: {lower(flaw.next)}
              </p>
            )}
            <DialogActions action="Roll back" busy={busy.value} onCancel={close} />
          </form>
        </Dialog>
      )}
    </>
  )
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
