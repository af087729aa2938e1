import { useSignal } from '@preact/signals'
import type { JobLineBody } from '../api/bodies.ts'
import { Moment } from '../design/elements.tsx'
import { timeOfDay } from '../design/words.ts'
import { useJobLines } from './use-job-lines.ts'
import './jobs.css'

interface JobLogProps {
  id: string
  /** Then more lines may come. */
  isRunning: boolean
}

/** The lines that a job wrote, loaded when they are unfolded. */
export function JobLog({ id, isRunning }: JobLogProps) {
  const isOpen = useSignal(false)
  const { lines, fault } = useJobLines(id, { isRunning, isWanted: isOpen.value })
  return (
    <details class="job-log" onToggle={({ currentTarget }) => (isOpen.value = currentTarget.open)}>
      <summary>What it did</summary>
      {fault.value !== null && <p class="hint wrong">{fault.value}</p>}
      {lines.value?.length === 0 && <p class="hint">It wrote nothing.</p>}
      <Lines lines={lines.value ?? []} />
    </details>
  )
}

export function Lines({ lines }: { lines: JobLineBody[] }) {
  return (
    <ol>
      {lines.map(({ seq, at, level, text }) => (
        <li key={seq} class={level}>
          <Moment at={Date.parse(at)}>{timeOfDay(Date.parse(at))}</Moment> {text}
        </li>
      ))}
    </ol>
  )
}
