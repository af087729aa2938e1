import { useSignal } from '@preact/signals'
import { send } from '../../api/client.ts'
import type { WholeDoorBody } from '../../api/door-bodies.ts'
import { useAction } from '../../api/use-action.ts'
import { useConsole } from '../../console.ts'
import { Dialog, DialogActions } from '../../design/dialog.tsx'
import { Field } from '../../design/elements.tsx'
import { type DoorDraft, draftOf, nameOf, sentOf, statesIn } from './draft.ts'
import { MemberFields } from './member-fields.tsx'

interface DoorDialogProps {
  /** Null: a new one. */
  door: WholeDoorBody | null
  onClose(): void
  onKept(door: WholeDoorBody): void
}

/** Makes a door of cameras and sensors, or sets one up otherwise. */
export function DoorDialog({ door, onClose, onKept }: DoorDialogProps) {
  const { live, notices } = useConsole()
  const draft = useSignal<DoorDraft>(draftOf(door))
  const { busy, fault, run } = useAction()
  const change = (some: Partial<DoorDraft>) => {
    draft.value = { ...draft.value, ...some }
  }
  const statesOf = (source: string) => live.camera(source)?.value.states ?? []
  const sources = (live.all.value ?? []).filter((id) => live.camera(id)?.value.kind !== 'door')
  const keep = (event: Event) => {
    event.preventDefault()
    void run(async () => {
      const sent = sentOf(draft.value, statesOf)
      const kept = await (door
        ? send<WholeDoorBody>('PATCH', `/api/doors/${door.name}`, sent)
        : send<WholeDoorBody>('POST', '/api/doors', { name: draft.value.name, ...sent }))
      await live.reload()
      onKept(kept)
      notices.done(`${kept.name} was saved.`)
      return undefined
    })
  }
  const faultOf = (field: string) => (fault.value?.field?.startsWith(field) ? fault.value.message : null)
  return (
    <Dialog title={door ? `Set up ${door.name}` : 'Add a door'} onClose={onClose}>
      <form class="form door-form" onSubmit={keep}>
        {!door && (
          <Field
            label="Name"
            hint="Small letters, digits and hyphens, at most 32: front-door. Others become these"
            error={faultOf('name')}
          >
            {(ids) => (
              <input
                {...ids}
                required
                pattern="[a-z0-9][a-z0-9\-]{0,31}"
                title="Small letters, digits and hyphens, at most 32, no hyphen first"
                maxLength={32}
                autocapitalize="none"
                autocomplete="off"
                value={draft.value.name}
                onInput={({ currentTarget }) => change({ name: currentTarget.value })}
                onChange={({ currentTarget }) => change({ name: nameOf(currentTarget.value) })}
              />
            )}
          </Field>
        )}
        <Field label="States" hint="What the door can be, with commas between" error={faultOf('states')}>
          {(ids) => (
            <input
              {...ids}
              required
              autocapitalize="none"
              value={draft.value.states}
              onInput={({ currentTarget }) => change({ states: currentTarget.value })}
            />
          )}
        </Field>
        <MemberFields
          {...{ sources, statesOf }}
          ofDoor={statesIn(draft.value.states)}
          members={draft.value.members}
          onChange={(members) => change({ members })}
          error={faultOf('members')}
        />
        <Field label="Least confidence, %" hint="Below it the door is unknown" error={faultOf('threshold')}>
          {(ids) => (
            <input
              {...ids}
              type="number"
              min={0}
              max={100}
              value={draft.value.threshold}
              onInput={({ currentTarget }) => change({ threshold: currentTarget.valueAsNumber })}
            />
          )}
        </Field>
        <Field label="Agreeing results that change the state" error={faultOf('debounce')}>
          {(ids) => (
            <input
              {...ids}
              type="number"
              min={1}
              max={1000}
              value={draft.value.debounce}
              onInput={({ currentTarget }) => change({ debounce: currentTarget.valueAsNumber })}
            />
          )}
        </Field>
        <DialogActions action="Save" busy={busy.value} onCancel={onClose} />
      </form>
    </Dialog>
  )
}
