import type { BucketBody } from '../../api/history-bodies.ts'
import { Moment } from '../../design/elements.tsx'
import { counted, fullTime, percent, timeOfDay } from '../../design/words.ts'
import { capturedAt } from '../../live/camera.ts'
import { leastCertain } from './confidence.ts'
import type { Past } from './past.ts'

interface ConfidenceFactsProps {
  past: Past
  /** What the mouse stands at, or what is said of it. */
  pointed: BucketBody | string | null
  onPick(bucket: BucketBody): void
}

/** The line in words: what the mouse stands at, else how many results there are and the one that is least certain. */
export function ConfidenceFacts({ past, pointed, onPick }: ConfidenceFactsProps) {
  if (pointed) {
    const said = typeof pointed === 'string' ? pointed : bucketInWords(pointed, past.width)
    return <p class="confidence-facts">{said}</p>
  }
  const results = past.buckets.reduce((sum, bucket) => sum + bucket.results, 0)
  const least = leastCertain(past.buckets)
  const at = capturedAt(least?.confidence?.minFrame ?? null)
  return (
    <p class="confidence-facts">
      {counted(results, 'result')}
      {least?.confidence && at !== null && (
        <>
          , the least certain{' '}
          <button class="link" type="button" onClick={() => onPick(least)}>
            {percent(least.confidence.min)} at <Moment at={at}>{timeOfDay(at)}</Moment>
          </button>
        </>
      )}
    </p>
  )
}

function bucketInWords({ at, results, confidence }: BucketBody, width: number): string {
  const begin = Date.parse(at)
  if (results === 1 && confidence) {
    const frameAt = capturedAt(confidence.minFrame) ?? begin
    return `${fullTime(frameAt)}: ${percent(confidence.mean)}`
  }
  const said = [`${fullTime(begin)} – ${timeOfDay(begin + width, begin)}: ${counted(results, 'result')}`]
  if (confidence)
    said.push(`${percent(confidence.min)} to ${percent(confidence.max)}, ${percent(confidence.mean)} on average`)
  return said.join(', ')
}
