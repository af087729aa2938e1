import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { JobLineBody, List } from '../api/bodies.ts'
import { get } from '../api/client.ts'
import { Moment } from '../design/elements.tsx'
import { timeOfDay } from '../design/words.ts'
import './jobs.css'

const ASK_MS = 2000

interface JobLogProps {
  id: string
  /** Then more lines may come. */
  isRunning: boolean
}

/** The lines that a job wrote, loaded when they are unfolded. */
export function JobLog({ id, isRunning }: JobLogProps) {
  const isOpen = useSignal(false)
  const lines = useSignal<JobLineBody[] | null>(null)
  const fault = useSignal<string | null>(null)
  useEffect(() => {
    lines.value = null
  }, [id])
  useEffect(() => {
    if (!isOpen.value) return
    const ask = async () => {
      try {
        lines.value = (await get<List<JobLineBody>>(`/api/jobs/${id}/log`)).items
        fault.value = null
      } catch (error) {
        fault.value = (error as Error).message
      }
    }
    void ask()
    if (!isRunning) return
    const asking = setInterval(() => void ask(), ASK_MS)
    return () => clearInterval(asking)
  }, [id, isRunning, isOpen.value])
  return (
    <details class="job-log" onToggle={({ currentTarget }) => (isOpen.value = currentTarget.open)}>
      <summary>What it did</summary>
      {fault.value !== null && <p class="hint wrong">{fault.value}</p>}
      {lines.value?.length === 0 && <p class="hint">It wrote nothing.</p>}
      <ol>
        {lines.value?.map(({ seq, at, level, text }) => (
          <li key={seq} class={level}>
            <Moment at={Date.parse(at)}>{timeOfDay(Date.parse(at))}</Moment> {text}
          </li>
        ))}
      </ol>
    </details>
  )
}
