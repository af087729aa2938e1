import { useComputed, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { TrainingResult } from '../../api/model-bodies.ts'
import type { SensorSource } from '../../api/sensor-bodies.ts'
import { useLatestJob } from '../../jobs/use-latest-job.ts'
import { type LabelCounts, labelCounts } from '../teach/calls.ts'
import { TrainPanel } from '../teach/train-panel.tsx'
import { Collect } from './collect/collect.tsx'
import { CsvImport } from './csv-import.tsx'
import { Usability } from './usability.tsx'
import '../teach/train.css'

interface LearnProps {
  /** `device/sensor` */
  id: string
  source: SensorSource
  canOperate: boolean
  /** Another number: labels were said elsewhere on the page. */
  corrected: number
  /** Told which states have labels, whenever these have changed. */
  onLabelled(states: string[]): void
  /** Told when a model was made or activated. */
  onChanged(): Promise<void>
}

/** How it is taught: labels collected or imported, whether they will do, and training. */
export function Learn({ id, source, canOperate, corrected, onLabelled, onChanged }: LearnProps) {
  const { states } = source
  const labels = useSignal<LabelCounts | null>(null)
  const counts = useComputed(() => labels.value?.counts ?? {})
  const load = async () => {
    const found = await labelCounts(id).catch(() => null)
    if (found) labels.value = found
  }
  const lesson = useLatestJob<TrainingResult>(id, 'training', () => void onChanged())
  const named = states.filter((state) => (counts.value[state] ?? 0) > 0)
  const sum = named.reduce((all, state) => all + (counts.value[state] ?? 0), 0)
  useEffect(() => void load(), [id, states.join(), corrected])
  useEffect(() => onLabelled(named), [named.join(), sum])
  /** Once a model was measured, what was foretold of it stands back. */
  const isOpen = useSignal(false)
  if (!canOperate || source.follows !== null || states.length === 0) return null
  const { least = 2, good = 20, borrowed = {} } = labels.value ?? {}
  const usability =
    named.length < 2 ? (
      <p class="hint">When two states have labelled readings, it is said here how well they can be told apart.</p>
    ) : (
      <Usability id={id} named={named} states={states} labelled={sum} view={source.vector} />
    )
  return (
    <div class="teach learn">
      <div class="columns even">
        <div class="learn-labels">
          <Collect id={id} states={states} counts={counts.value} onLabelled={() => void load()} />
          <CsvImport
            id={id}
            hasLabels={sum > 0}
            onImported={() => {
              void load()
              void onChanged() // it may have brought states
            }}
          />
        </div>
        <div class="learn-labels">
          {source.model === null && (
            <section class="card part" aria-labelledby="usable">
              <h2 id="usable">Is it usable?</h2>
              {usability}
            </section>
          )}
          <TrainPanel
            lesson={lesson}
            sheet={{ counts, kept: Promise.resolve() }}
            camera={{ id, states, model: source.model }}
            shot="reading"
            needed={{ least, good }}
            borrowed={borrowed}
            isJudged={lesson.job.value?.result != null}
            suspects={[]}
            onActivated={() => void onChanged()}
          />
          {source.model !== null && (
            <details
              class="import card"
              open={isOpen.value}
              onToggle={(event) => (isOpen.value = event.currentTarget.open)}
            >
              <summary>Which states can be told apart, before any training</summary>
              <div class="fold">
                <p class="hint">A first look at the labels. How good the model is, training has measured: see above.</p>
                {isOpen.value && usability}
              </div>
            </details>
          )}
        </div>
      </div>
    </div>
  )
}
