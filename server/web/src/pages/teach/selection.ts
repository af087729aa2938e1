/** The frame one stands at, and where a range of frames began; places in the list. */
export interface Selection {
  at: number
  /** The other end of the range; `at` where it is one frame. */
  anchor: number
}

export const at = (index: number): Selection => ({ at: index, anchor: index })

/** @param extend keeps the other end where it is, as Shift does */
export function moved(selection: Selection, to: number, length: number, extend: boolean): Selection {
  const target = Math.min(Math.max(to, 0), Math.max(length - 1, 0))
  return extend ? { ...selection, at: target } : at(target)
}

/** First and last place of the range. */
export function rangeOf({ at, anchor }: Selection): [first: number, last: number] {
  return at < anchor ? [at, anchor] : [anchor, at]
}

/** Where to go on after the range was labelled: the next frame without a label, or the one after the range. */
export function nextPlace(selection: Selection, labels: (string | null)[]): number {
  const [, last] = rangeOf(selection)
  const open = labels.findIndex((label, index) => index > last && label === null)
  return open >= 0 ? open : Math.min(last + 1, labels.length - 1)
}
