import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import type { CameraBody } from '../../api/bodies.ts'
import { send } from '../../api/client.ts'
import { useConsole } from '../../console.ts'
import { Button } from '../../design/elements.tsx'
import { counted } from '../../design/words.ts'
import { type Gift, Giving } from './giving.ts'
import { copiedInWords, WhatToCopy } from './what-to-copy.tsx'

/** Gives what this camera was set and taught to others that see much the same: thirty doors are not taught one by one. */
export function GiveForm({ camera }: { camera: CameraBody }) {
  const { live } = useConsole()
  const others = (live.ids.value ?? []).filter((id) => id !== camera.id)
  const to = useSignal<string[]>([])
  const what = useSignal<string[]>(['states', 'model'])
  const busy = useSignal(false)
  /** What those below were given. */
  const given = useSignal<string[]>([])
  const giving = useMemo(
    () => new Giving((target) => send('POST', `/api/cameras/${target}/copy`, { from: camera.id, what: given.peek() })),
    [camera.id],
  )
  if (others.length === 0) return <p class="hint">There is no other camera yet.</p>
  const give = async (event: Event) => {
    event.preventDefault()
    busy.value = true
    given.value = what.value
    await giving.giveTo(to.value)
    to.value = []
    busy.value = false
  }
  return (
    <form onSubmit={(event) => void give(event)}>
      <fieldset class="targets" aria-label="Cameras that take it over">
        {others.map((id) => (
          <label key={id} class="check">
            <input
              type="checkbox"
              checked={to.value.includes(id)}
              onChange={({ currentTarget: { checked } }) => {
                to.value = checked ? [...to.value, id] : to.value.filter((other) => other !== id)
              }}
            />{' '}
            {id}
          </label>
        ))}
      </fieldset>
      <WhatToCopy what={what} source="this camera" />
      <Button type="submit" busy={busy.value} disabled={to.value.length === 0 || what.value.length === 0}>
        {to.value.length === 0 ? 'Choose cameras' : `Give it to ${counted(to.value.length, 'camera')}`}
      </Button>
      {giving.gifts.value.length > 0 && (
        <ul class="owned" aria-label="What came of it" aria-live="polite">
          {giving.gifts.value.map((gift) => (
            <li key={gift.camera}>
              {gift.camera} <Fate gift={gift} given={given.value} />
            </li>
          ))}
        </ul>
      )}
    </form>
  )
}

function Fate({ gift, given }: { gift: Gift; given: string[] }) {
  if (gift.state === 'refused') return <small class="wrong">{gift.why}</small>
  return <small>{gift.state === 'given' ? `took over ${copiedInWords(given)}` : `${gift.state} …`}</small>
}
