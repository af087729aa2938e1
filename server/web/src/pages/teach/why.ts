import type { Why } from '../../api/bodies.ts'

interface WhyWords {
  /** On the frame. */
  short: string
  /** Beside the picture. */
  long: string
}

const WORDS: Record<Why, WhyWords> = {
  uncertain: { short: 'unsure', long: 'The model is unsure of it.' },
  unlike_labelled: { short: 'unlike others', long: 'Nothing that has a label looks like it.' },
  other_hour: { short: 'other hour', long: 'Few labels are from this hour of the day.' },
  newest: { short: 'another time', long: 'Much like those with a label, at another time.' },
}

/** Why a frame is worth a label, or null where that was not asked. */
export function whyInWords(why: Why | null | undefined): WhyWords | null {
  return why ? (WORDS[why] ?? null) : null
}
