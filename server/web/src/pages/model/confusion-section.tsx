import type { Evaluation, ModelBody } from '../../api/model-bodies.ts'
import { useConsole } from '../../console.ts'
import { wrongOf } from '../../models/confusion.ts'
import { ConfusionTable } from '../../models/confusion-table.tsx'
import { FrameList } from '../../models/frame-list.tsx'
import { type Review, reviewQuery } from '../../router/review.ts'

interface ConfusionSectionProps {
  evaluation: Evaluation
  model: ModelBody
  states: string[]
  /** What was judged. */
  shot: 'frame' | 'reading'
  /** Where a frame of a review is looked at. */
  pathOf(review: Review): (frame: string) => string
}

/** What it took for what. A field of wrong frames shows them; which one stands in the address. */
export function ConfusionSection({ evaluation, model, states, shot, pathOf }: ConfusionSectionProps) {
  const { router } = useConsole()
  const given = new URLSearchParams(router.query.value)
  const [truth, said] = [given.get('truth'), given.get('said')]
  const chosen = truth && said ? { truth, said } : null
  const frames = wrongOf(evaluation, chosen ?? {})
  const review: Review = { of: 'wrong', model: model.id, ...(chosen ?? {}) }
  return (
    <section class="card part" aria-labelledby="confusion">
      <h2 id="confusion">What it took for what</h2>
      <ConfusionTable
        evaluation={evaluation}
        chosen={chosen}
        onChoose={(cell) => {
          const isChosen = cell.truth === truth && cell.said === said
          router.refine(isChosen ? '' : `?${new URLSearchParams({ truth: cell.truth, said: cell.said })}`)
        }}
      />
      {evaluation.wrong.length === 0 ? (
        <p class="hint">It got every {shot} right that it was judged by.</p>
      ) : (
        <>
          <h3 aria-live="polite">
            {chosen
              ? `${frames.length} labelled ${chosen.truth}, taken for ${chosen.said}`
              : frames.length === 1
                ? `The ${shot} it got wrong`
                : `The ${frames.length} ${shot}s it got wrong`}
          </h3>
          <p class="hint">
            Was the label right? Then more {shot}s like these help. If not, choose it and label it anew.
          </p>
          <FrameList
            key={reviewQuery(review)}
            name={`${shot === 'frame' ? 'Frames' : 'Readings'} it got wrong`}
            hasPictures={shot === 'frame'}
            frames={frames.map(({ truth: label, ...frame }) => ({ ...frame, label }))}
            states={states}
            pathOf={pathOf(review)}
          />
        </>
      )}
    </section>
  )
}
