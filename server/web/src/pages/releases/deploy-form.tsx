import { useSignal } from '@preact/signals'
import type { JobBody } from '../../api/bodies.ts'
import { send } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { Button, Field } from '../../design/elements.tsx'
import type { Kept } from './outcome.ts'

interface DeployFormProps {
  remote: string
  /** Whether what nobody signed may run. */
  unsigned: boolean
  /** One redeploy at a time. */
  isBusy: boolean
  onBegun(job: JobBody<Kept>): void
}

/** Asks for a release of the repository. */
export function DeployForm({ remote, unsigned, isBusy, onBegun }: DeployFormProps) {
  const ref = useSignal('')
  const { busy, fault, run } = useAction()
  const deploy = (event: SubmitEvent) => {
    event.preventDefault()
    const wanted = ref.value.trim()
    return run(async () => {
      onBegun(await send<JobBody<Kept>>('POST', '/api/redeploy', wanted === '' ? {} : { ref: wanted }))
      return undefined
    })
  }
  return (
    <section class="card part" aria-labelledby="deploy">
      <h2 id="deploy">Deploy another release</h2>
      <form class="form" onSubmit={(event) => void deploy(event)}>
        <Field
          label="Tag, branch or commit"
          hint="Left empty: the tag of the newest version."
          error={fault.value?.message ?? null}
        >
          {(ids) => (
            <input
              {...ids}
              value={ref.value}
              placeholder="the newest version"
              maxLength={200}
              autocapitalize="none"
              autocomplete="off"
              spellcheck={false}
              onInput={({ currentTarget }) => (ref.value = currentTarget.value)}
            />
          )}
        </Field>
        <p class="hint">
          It comes from <code>{remote}</code>
          {unsigned ? '.' : ' and has to be signed by somebody whom this server knows.'} It is tried on a copy of the
          data first. If it does not answer well, the one that runs now comes back by itself.
        </p>
        {unsigned && (
          <p class="unsigned">
            What nobody signed is deployed too (AJAR_RELEASE_UNSIGNED): whoever may write to that repository rules this
            machine.
          </p>
        )}
        <div>
          <Button kind="main" type="submit" busy={busy.value} disabled={isBusy}>
            Deploy
          </Button>
        </div>
      </form>
    </section>
  )
}
