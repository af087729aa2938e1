import { useSignal } from '@preact/signals'
import { ApiError, send } from '../api/client.ts'
import type { Gate, ModelBody } from '../api/model-bodies.ts'
import { useConsole } from '../console.ts'
import { Dialog, DialogActions } from '../design/dialog.tsx'
import { Button } from '../design/elements.tsx'
import { GateView } from './gate-view.tsx'

interface ActivateButtonProps {
  /** `device/camera@version` */
  model: string
  /** How it does beside the model that was active, where they were compared. */
  gate: Gate | null
  kind?: 'main' | 'plain'
  /** What the button says. */
  children?: string
  /** Asks at once: the figures stand beside the button already. */
  force?: boolean
  onDone(model: ModelBody): void
}

/** The call that activates a model. @param model `device/camera@version` @throws ApiError `worse_than_active` */
export const activate = (model: string, force: boolean) =>
  send<ModelBody>('POST', `/api/models/${model}/activate`, force ? { force } : {})

/** Makes a model the one that classifies; asks again, with the figures, where it is worse than the active one. */
export function ActivateButton({
  model,
  gate,
  kind = 'main',
  children = 'Activate',
  force = false,
  onDone,
}: ActivateButtonProps) {
  const { notices } = useConsole()
  const busy = useSignal(false)
  const refusal = useSignal<string | null>(null)
  const attempt = async (anyway: boolean) => {
    busy.value = true
    try {
      const active = await activate(model, anyway)
      refusal.value = null
      notices.done(`${model} is active: new frames are classified by it.`)
      onDone(active)
    } catch (error) {
      if (error instanceof ApiError && error.code === 'worse_than_active') refusal.value = error.message
      else notices.failed(error)
    }
    busy.value = false
  }
  return (
    <>
      <Button kind={kind} busy={busy.value} onClick={() => void attempt(force)}>
        {children}
      </Button>
      {refusal.value !== null && (
        <Dialog title="It is worse than the active model" onClose={() => (refusal.value = null)}>
          <form
            class="ask"
            onSubmit={(event) => {
              event.preventDefault()
              void attempt(true)
            }}
          >
            <p>{refusal.value}</p>
            {gate && <GateView gate={gate} />}
            <DialogActions
              action="Activate all the same"
              kind="danger"
              busy={busy.value}
              onCancel={() => (refusal.value = null)}
            />
          </form>
        </Dialog>
      )}
    </>
  )
}
