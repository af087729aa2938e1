import type { CameraBody } from '../../api/bodies.ts'
import { counted } from '../../design/words.ts'
import { type Review, reviewInWords } from '../../router/review.ts'
import { modelPath, teachPath } from '../../router/route.ts'

interface ReviewBarProps {
  review: Review
  camera: CameraBody
  /** Null while they are loaded. */
  count: number | null
}

/** Which doubtful frames are laid out, and the way back to those that wait. */
export function ReviewBar({ review, camera, count }: ReviewBarProps) {
  return (
    <div class="review-bar">
      <div>
        <h2>{reviewInWords(review)}</h2>
        <p class="hint">
          {count !== null && `${counted(count, 'frame')}. `}
          Is the label right? Then more frames like these help. If not, say what they show.
        </p>
      </div>
      <div class="buttons">
        {review.of === 'wrong' && (
          <a class="button" href={modelPath(review.model)}>
            To the model
          </a>
        )}
        <a class="button" href={teachPath(camera.id)}>
          Back to the frames that wait
        </a>
      </div>
    </div>
  )
}
