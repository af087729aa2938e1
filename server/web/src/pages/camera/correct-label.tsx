import { useSignal } from '@preact/signals'
import type { FrameBody } from '../../api/bodies.ts'
import { send } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { Button } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'

interface CorrectLabelProps {
  frame: FrameBody
  /** Of the camera. */
  states: string[]
  /** Told what people say of the frame now: a state, or null. */
  onLabelled(label: string | null): void
}

/** One press says what the frame shows, where the model was wrong or nobody has said so yet; another takes it back. */
export function CorrectLabel({ frame, states, onLabelled }: CorrectLabelProps) {
  /** What was said before the last press, undefined where there is nothing to undo. */
  const before = useSignal<string | null | undefined>(undefined)
  const { busy, fault, run } = useAction()
  const label = (state: string | null, undoes: string | null | undefined) =>
    run(async () => {
      const path = `/api/frames/${frame.id}/label`
      if (state === null) await send('DELETE', path)
      else await send('PUT', path, { state })
      before.value = undoes
      onLabelled(state)
    })
  if (states.length === 0) return null
  return (
    <fieldset class="correct-label">
      <legend>What does it show?</legend>
      {states.map((state) => (
        <Button
          key={state}
          busy={busy.value}
          aria-pressed={frame.label === state}
          onClick={() => void (frame.label !== state && label(state, frame.label))}
        >
          <StateBadge state={state} states={states} />
        </Button>
      ))}
      {before.value !== undefined && (
        <Button kind="quiet" busy={busy.value} onClick={() => void label(before.value ?? null, undefined)}>
          Undo
        </Button>
      )}
      {fault.value && (
        <p class="hint wrong" role="alert">
          {fault.value.message}
        </p>
      )}
    </fieldset>
  )
}
