import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { get } from '../../api/client.ts'
import type { ModelBody } from '../../api/model-bodies.ts'
import { useConsole } from '../../console.ts'
import { Button } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'
import { wrongOf } from '../../models/confusion.ts'
import type { DoubtfulFrame } from '../../models/frame-list.tsx'
import { type Review, reviewInWords, reviewOf } from '../../router/review.ts'
import { modelPath } from '../../router/route.ts'
import type { ChosenFrame } from '../camera/chosen-frame.ts'
import { suspectsOf } from '../teach/calls.ts'

interface ReviewProps {
  /** `device/sensor` */
  id: string
  states: string[]
  chosen: ChosenFrame
}

/** Readings on which label and model do not agree, one after the other, where the address asks for them. */
export function ReadingsReview(props: ReviewProps) {
  const query = useConsole().router.query.value
  const review = reviewOf(query)
  if (!review) return null
  return <Doubtful key={JSON.stringify(review)} {...props} review={review} />
}

function Doubtful({ id, states, chosen, review }: ReviewProps & { review: Review }) {
  const { router, notices } = useConsole()
  const list = useSignal<DoubtfulFrame[] | null>(null)
  const bar = useRef<HTMLElement>(null)
  useEffect(() => {
    let isOpen = true
    const load = async () => {
      const found = await doubtfulOf(id, review)
      if (!isOpen) return
      list.value = found
      const asked = new URLSearchParams(router.query.peek()).get('frame')
      chosen.show(found.find(({ frame }) => frame === asked)?.frame ?? found[0]?.frame ?? null)
      bar.current?.scrollIntoView({ block: 'nearest' })
      bar.current?.focus()
    }
    void load().catch((error) => notices.failed(error))
    return () => {
      isOpen = false
    }
  }, [])
  const all = list.value
  if (all === null) return null
  const at = all.findIndex(({ frame }) => frame === chosen.frame.value)
  const one = all[at]
  const end = () => {
    router.refine('')
    chosen.show(null)
  }
  /** After the last comes the first: no button loses the focus. */
  const go = (by: number) => chosen.show(all.at((at + by) % all.length)?.frame ?? null)
  return (
    <section class="review card part" aria-labelledby="review" tabIndex={-1} ref={bar}>
      <h2 id="review">
        {reviewInWords(review)}{' '}
        <small aria-live="polite">{one ? `${at + 1} of ${all.length}` : `${all.length} of them`}</small>
      </h2>
      {all.length === 0 ? (
        <p class="hint">None is left: all were labelled anew.</p>
      ) : (
        one && (
          <p>
            It was labelled <StateBadge state={one.label} states={states} />, but a model that had not seen its time
            says <StateBadge state={one.said} states={states} confidence={one.confidence} />
          </p>
        )
      )}
      <p class="hint">
        Was the door as the label says? Then leave it: more readings do not help where two states look alike, making one
        of both does, or another place for the sensor. If not, correct its label below.
      </p>
      <div class="buttons">
        <Button disabled={all.length < 2} onClick={() => go(-1)}>
          Previous
        </Button>
        <Button kind="main" disabled={all.length < 2} onClick={() => go(1)}>
          Next
        </Button>
        {review.of === 'wrong' && (
          <a class="button" href={modelPath(review.model)}>
            To the model
          </a>
        )}
        <Button onClick={end}>Back to now</Button>
      </div>
    </section>
  )
}

async function doubtfulOf(id: string, review: Review): Promise<DoubtfulFrame[]> {
  if (review.of === 'suspects') return (await suspectsOf(id)).items
  const { evaluation } = await get<ModelBody>(`/api/models/${review.model}`)
  return evaluation ? wrongOf(evaluation, review).map(({ truth, ...frame }) => ({ ...frame, label: truth })) : []
}
