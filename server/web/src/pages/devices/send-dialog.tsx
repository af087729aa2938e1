import { type Signal, useSignal } from '@preact/signals'
import { useEffect, useId } from 'preact/hooks'
import type { CameraBody, DeviceBody, Point } from '../../api/bodies.ts'
import { get, send } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { Dialog, DialogActions } from '../../design/dialog.tsx'
import { Field } from '../../design/elements.tsx'
import {
  DIFFERENCES,
  LEAST_INTERVAL,
  nearestStep,
  type SendSettings,
  sendSettingsOf,
  tooSeldom,
  USUAL_GATE,
  withSendSettings,
} from './send-settings.ts'

interface SendDialogProps {
  device: DeviceBody
  /** As its agent calls it. */
  camera: string
  onClose(): void
  /** Told when the settings were sent. */
  onSent(): void
}

/** Of a camera that has sent nothing yet. */
const USUAL_STALE_AFTER_MS = 60_000

type Which = 'file' | 'all' | 'changed'

const WHICH: Record<Which, string> = {
  file: 'as its config file says',
  all: 'every picture',
  changed: 'only when something changes',
}

/** Asks how often a camera looks, and which pictures its agent sends. */
export function SendDialog({ device, camera, onClose, onSent }: SendDialogProps) {
  const { busy, fault, run } = useAction()
  const before = sendSettingsOf(device.desired?.settings ?? null, camera)
  const interval = useSignal(before.intervalMs === undefined ? '' : String(before.intervalMs / 1000))
  const which = useSignal<Which>(before.gate ? 'changed' : before.gate === null ? 'all' : 'file')
  const { difference, heartbeatMs, region } = before.gate ?? USUAL_GATE
  const changed = useSignal<Changed>({ difference, heartbeat: heartbeatMs / 1000, region: region ?? null })
  const known = useCamera(`${device.name}/${camera}`)
  const staleAfterMs = known.value?.staleAfterMs ?? USUAL_STALE_AFTER_MS
  const slow = interval.value === '' ? null : tooSeldom(Number(interval.value), staleAfterMs)
  const silent = which.value === 'changed' ? tooSeldom(changed.value.heartbeat, staleAfterMs) : null

  const submit = (event: Event) => {
    event.preventDefault()
    if (slow !== null || silent !== null) return // it stands beside the field
    void run(async () => {
      const chosen: SendSettings = {
        ...(interval.value === '' ? {} : { intervalMs: Math.round(Number(interval.value) * 1000) }),
        ...(which.value === 'file' ? {} : { gate: which.value === 'all' ? null : gateOf(changed.value) }),
      }
      // Somebody may have changed those of another camera meanwhile, and all are replaced.
      const { desired } = await get<DeviceBody>(`/api/devices/${device.name}`)
      const settings = withSendSettings(desired?.settings ?? null, camera, chosen)
      await send('PATCH', `/api/devices/${device.name}/config`, { settings })
      onSent()
      return device.connected
        ? `Sent to ${device.name}: it says here when it follows.`
        : `Kept for ${device.name}: it follows when it is online again.`
    })
  }
  return (
    <Dialog title={`When ${camera} of ${device.name} sends`} onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <Field
          label="Seconds between two pictures"
          hint="So often it takes one; which of them it sends is chosen below. Left empty: as its config file says."
          error={slow ?? fault.value?.message ?? null}
        >
          {(ids) => (
            <input
              {...ids}
              type="number"
              autoFocus
              min={LEAST_INTERVAL}
              max={86_400}
              step="any"
              placeholder="as its config file says"
              value={interval.value}
              onInput={({ currentTarget }) => {
                interval.value = currentTarget.value
              }}
            />
          )}
        </Field>
        <fieldset class="choice">
          <legend>It sends</legend>
          {Object.entries(WHICH).map(([name, words]) => (
            <label key={name} class="check">
              <input
                type="radio"
                name="which"
                checked={which.value === name}
                onChange={() => {
                  which.value = name as Which
                }}
              />{' '}
              {words}
            </label>
          ))}
        </fieldset>
        {which.value === 'changed' && <WhatChanged changed={changed} camera={known.value} fault={silent} />}
        <DialogActions action="Send to the device" busy={busy.value} onCancel={onClose} />
      </form>
    </Dialog>
  )
}

interface Changed {
  difference: number
  /** Seconds. */
  heartbeat: number
  region: Point[] | null
}

interface WhatChangedProps {
  changed: Signal<Changed>
  /** Null where it has sent nothing yet. */
  camera: CameraBody | null
  /** Why it cannot be so silent. */
  fault: string | null
}

/** How much must change, where, and what is sent while nothing does. */
function WhatChanged({ changed, camera, fault }: WhatChangedProps) {
  const hint = useId()
  const { difference, heartbeat, region } = changed.value
  const change = (part: Partial<Changed>) => {
    changed.value = { ...changed.value, ...part }
  }
  const place = region === null ? 'the picture' : 'the region'
  return (
    <>
      <Field
        label="Sensitivity"
        hint={`Further right, less is enough. Now ${percent(difference)} of ${place} must look different.`}
      >
        {(ids) => (
          <input
            {...ids}
            type="range"
            min={0}
            max={DIFFERENCES.length - 1}
            value={nearestStep(difference)}
            aria-valuetext={`${percent(difference)} of ${place}`}
            onInput={({ currentTarget }) =>
              change({ difference: DIFFERENCES[currentTarget.valueAsNumber] ?? USUAL_GATE.difference })
            }
          />
        )}
      </Field>
      <Field
        label="At least every, seconds"
        hint="So often it sends although nothing changed: a camera that is silent counts as stale."
        error={fault}
      >
        {(ids) => (
          <input
            {...ids}
            type="number"
            required
            min={1}
            max={3600}
            step="any"
            value={Number.isNaN(heartbeat) ? '' : heartbeat}
            onInput={({ currentTarget }) => change({ heartbeat: currentTarget.valueAsNumber })}
          />
        )}
      </Field>
      {(region !== null || camera?.region) && (
        <div class="choice">
          <label class="check">
            <input
              type="checkbox"
              aria-describedby={hint}
              checked={region !== null}
              onChange={({ currentTarget: { checked } }) =>
                change({ region: checked ? (camera?.region ?? region) : null })
              }
            />{' '}
            Look for changes in the region of interest only
          </label>
          <p id={hint} class="hint">
            The region as it is now; choose again when you have drawn another one.
          </p>
        </div>
      )}
    </>
  )
}

function gateOf({ difference, heartbeat, region }: Changed) {
  return { difference, heartbeatMs: Math.round(heartbeat * 1000), ...(region === null ? {} : { region }) }
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`
}

/** The camera's body; null until it is loaded, and where it has sent no frame yet. */
function useCamera(id: string): Signal<CameraBody | null> {
  const camera = useSignal<CameraBody | null>(null)
  useEffect(() => {
    const ending = new AbortController()
    get<{ items: CameraBody[] }>('/api/cameras', {}, ending.signal).then(
      ({ items }) => {
        camera.value = items.find(({ id: one, aliases = [] }) => one === id || aliases.includes(id)) ?? null
      },
      () => {}, // it is only asked for what makes the form say more
    )
    return () => ending.abort()
  }, [id])
  return camera
}
