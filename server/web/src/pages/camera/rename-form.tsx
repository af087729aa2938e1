import { useSignal } from '@preact/signals'
import type { CameraBody } from '../../api/bodies.ts'
import { send } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { useConsole } from '../../console.ts'
import { Button, Field } from '../../design/elements.tsx'
import { cameraPath } from '../../router/route.ts'

/** Gives the camera another name, on its device or on another one: its frames and its history come with it. */
export function RenameForm({ camera }: { camera: CameraBody }) {
  const { live, router } = useConsole()
  const device = useSignal(camera.device)
  const name = useSignal(camera.camera)
  const { busy, fault, run } = useAction()
  const devices = [...new Set([camera.device, ...(live.devices.value?.keys() ?? [])])].sort()
  const to = `${device.value}/${name.value}`
  const rename = async (event: Event) => {
    event.preventDefault()
    await run(async () => {
      await send('POST', `/api/cameras/${camera.id}/rename`, { to })
      await live.reload()
      router.go(cameraPath(to), { instead: true })
      return `${camera.id} is now ${to}.`
    })
  }
  return (
    <form onSubmit={rename}>
      <p class="hint">All its history comes along, and frames under the old name are still taken.</p>
      <div class="side-by-side">
        <Field label="Device" hint="To move it to a new Pi, add that device first.">
          {(ids) => (
            <select
              {...ids}
              value={device.value}
              onChange={(event) => {
                device.value = event.currentTarget.value
              }}
            >
              {devices.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          )}
        </Field>
        <Field label="New name" hint="Small letters, digits and hyphens." error={fault.value?.message ?? null}>
          {(ids) => (
            <input
              {...ids}
              required
              maxLength={32}
              pattern="[a-z0-9][a-z0-9\-]*"
              autocapitalize="none"
              spellcheck={false}
              value={name.value}
              onInput={(event) => {
                name.value = event.currentTarget.value
              }}
            />
          )}
        </Field>
      </div>
      <Button type="submit" busy={busy.value} disabled={to === camera.id}>
        Rename
      </Button>
    </form>
  )
}
