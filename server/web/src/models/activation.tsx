import { useSignal } from '@preact/signals'
import { ApiError, send } from '../api/client.ts'
import type { Gate, ModelBody } from '../api/model-bodies.ts'
import { useConsole } from '../console.ts'
import { Dialog, DialogActions } from '../design/dialog.tsx'
import { Button } from '../design/elements.tsx'
import { GateView } from './gate-view.tsx'
import { refusalInWords } from './words.ts'

interface ActivateButtonProps {
  /** `device/camera@version` */
  model: string
  /** How it does beside the model that was active, where they were compared. */
  gate: Gate | null
  /** The model that was active when it was made, as `model 1`. */
  than: string
  kind?: 'main' | 'plain'
  /** What the button says. */
  children?: string
  /** It was held back: asks at once, for the server would refuse. */
  isHeld?: boolean
  onDone(model: ModelBody): void
}

/** The call that activates a model. @param model `device/camera@version` @throws ApiError `worse_than_active` */
export const activate = (model: string, force: boolean) =>
  send<ModelBody>('POST', `/api/models/${model}/activate`, force ? { force } : {})

/** Makes a model the one that classifies; asks first, with the figures, where it is worse than the active one. */
export function ActivateButton({
  model,
  gate,
  than,
  kind = 'main',
  children = 'Activate',
  isHeld = false,
  onDone,
}: ActivateButtonProps) {
  const { notices } = useConsole()
  const busy = useSignal(false)
  const isAsking = useSignal(false)
  const refusal = useSignal<string | null>(null)
  const close = () => {
    isAsking.value = false
  }
  const attempt = async (anyway: boolean) => {
    busy.value = true
    try {
      const active = await activate(model, anyway)
      close()
      notices.done(`${model} is active: new frames are classified by it.`)
      onDone(active)
    } catch (error) {
      if (error instanceof ApiError && error.code === 'worse_than_active') {
        refusal.value = error.message
        isAsking.value = true
      } else notices.failed(error)
    }
    busy.value = false
  }
  const begin = () => {
    if (isHeld) isAsking.value = true
    else void attempt(false)
  }
  return (
    <>
      <Button kind={kind} busy={busy.value} onClick={begin}>
        {children}
      </Button>
      {isAsking.value && (
        <Dialog title={`It is worse than ${than}`} onClose={close}>
          <form
            class="ask"
            onSubmit={(event) => {
              event.preventDefault()
              void attempt(true)
            }}
          >
            {gate ? <GateView gate={gate} than={than} /> : <p>{refusalInWords(refusal.value ?? '')}</p>}
            <DialogActions action="Activate all the same" kind="danger" busy={busy.value} onCancel={close} />
          </form>
        </Dialog>
      )}
    </>
  )
}
