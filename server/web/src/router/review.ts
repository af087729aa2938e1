/** Frames on which label and model do not agree: suspected labels, or what a model got wrong, all or one field of it. */
export type Review =
  | { of: 'suspects' }
  | { of: 'wrong' /** `device/camera@version` */; model: string; truth?: string; said?: string }

const MODEL = /^[a-z0-9-]+\/[a-z0-9-]+@[0-9]+$/

/** Which of them the teach page lays out. @param query of its address @returns null where it names none */
export function reviewOf(query: string): Review | null {
  const given = new URLSearchParams(query)
  if (given.get('review') === 'suspects') return { of: 'suspects' }
  const model = given.get('model') ?? ''
  if (given.get('review') !== 'wrong' || !MODEL.test(model)) return null
  const [truth, said] = [given.get('truth'), given.get('said')]
  return { of: 'wrong', model, ...(truth ? { truth } : {}), ...(said ? { said } : {}) }
}

/** @returns the query that says so. @param frame the one to stand at */
export function reviewQuery(review: Review, frame: string | null = null): string {
  const query = new URLSearchParams({ review: review.of })
  if (review.of === 'wrong') {
    query.set('model', review.model)
    if (review.truth) query.set('truth', review.truth)
    if (review.said) query.set('said', review.said)
  }
  if (frame !== null) query.set('frame', frame)
  return `?${query}`
}

export function reviewInWords(review: Review): string {
  if (review.of === 'suspects') return 'Labels that look wrong'
  const { model, truth, said } = review
  const version = model.split('@')[1]
  if (truth && said) return `Labelled ${truth}; model ${version} took them for ${said}`
  return `What model ${version} got wrong`
}
