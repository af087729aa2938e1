import { useSignal } from '@preact/signals'
import type { CameraBody } from '../../api/bodies.ts'
import { send } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { useConsole } from '../../console.ts'
import { Button, Field } from '../../design/elements.tsx'
import { WhatToCopy } from './what-to-copy.tsx'

interface CopyFormProps {
  camera: CameraBody
  onChanged(): void
}

/** Takes over what another camera was set and taught. */
export function CopyForm({ camera, onChanged }: CopyFormProps) {
  const { live } = useConsole()
  const others = (live.ids.value ?? []).filter((id) => id !== camera.id)
  const from = useSignal(others[0] ?? '')
  const what = useSignal<string[]>(['settings', 'states'])
  const { busy, fault, run } = useAction()
  if (others.length === 0) return <p class="hint">There is no other camera yet.</p>
  const copy = async (event: Event) => {
    event.preventDefault()
    await run(async () => {
      await send('POST', `/api/cameras/${camera.id}/copy`, { from: from.value, what: what.value })
      onChanged()
      return `Copied from ${from.value}.`
    })
  }
  return (
    <form onSubmit={copy}>
      <Field label="Camera" error={fault.value?.message ?? null}>
        {(ids) => (
          <select
            {...ids}
            value={from.value}
            onChange={(event) => {
              from.value = event.currentTarget.value
            }}
          >
            {others.map((id) => (
              <option key={id}>{id}</option>
            ))}
          </select>
        )}
      </Field>
      <WhatToCopy what={what} source="the other camera" />
      <Button type="submit" busy={busy.value} disabled={what.value.length === 0}>
        Copy
      </Button>
    </form>
  )
}
