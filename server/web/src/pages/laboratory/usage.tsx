import { amount } from '../../design/words.ts'
import { useAnswer } from '../../use-answer.ts'

/** Bytes. */
interface UsageBody {
  uploads: number
  results: number
  /** What uploads and results may take together. */
  most: number
}

const MB = 1_000_000

/** How much of its room the laboratory uses; nothing where that could not be asked. */
export function Usage() {
  const { body } = useAnswer<UsageBody>('/api/laboratory')
  if (body.value === null) return null
  const { uploads, results, most } = body.value
  return (
    <p class="hint">
      Uploads take {inMB(uploads)} MB and results {inMB(results)} MB of {inMB(most)} MB. Where room is needed, results
      that no operation shows any more go first.
    </p>
  )
}

const inMB = (bytes: number) => amount(Math.round(bytes / MB))
