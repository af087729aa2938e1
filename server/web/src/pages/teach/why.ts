import type { Why } from '../../api/bodies.ts'

interface WhyWords {
  /** On the frame; null where that tells nothing. */
  short: string | null
  /** Beside the picture. */
  long: string
}

const WORDS: Record<Why, WhyWords> = {
  uncertain: { short: 'unsure', long: 'The model is unsure of it.' },
  unlike_labelled: { short: 'unlike others', long: 'Nothing that has a label looks like it.' },
  other_hour: { short: 'other hour', long: 'Few labels are from this hour of the day.' },
  newest: { short: null, long: 'Far in time from those that have a label.' },
}

/** Why a frame is worth a label, or null where that was not asked. */
export function whyInWords(why: Why | null | undefined): WhyWords | null {
  return why ? (WORDS[why] ?? null) : null
}
