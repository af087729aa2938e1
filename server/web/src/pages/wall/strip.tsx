import { useComputed } from '@preact/signals'
import { useConsole } from '../../console.ts'
import { clock } from '../../design/clock.ts'
import { STRIP_MS } from '../../live/live.ts'
import { Bands } from '../../ribbon/bands.tsx'

/** An hour is a few hundred pixels wide: it moves by one of them in so many milliseconds. */
const STEP_MS = 10_000

/** The states of a camera's last hour. */
export function Strip({ id, states }: { id: string; states: string[] }) {
  const { live } = useConsole()
  const to = useComputed(() => Math.ceil(clock.value / STEP_MS) * STEP_MS).value
  const segments = live.strip(id).value
  return (
    <div class="strip">
      <Bands segments={segments} states={states} span={{ from: to - STRIP_MS, to }} label={`${id}, the last hour`} />
    </div>
  )
}
