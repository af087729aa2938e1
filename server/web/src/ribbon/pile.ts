import type { BucketBody } from '../api/history-bodies.ts'
import type { Span } from './band.ts'

/** A piece of a pile of states: fractions of the width and height of what is drawn. */
export interface Piece {
  left: number
  width: number
  top: number
  height: number
  state: string
}

/**
 * Of each bucket one pile, in which a state is as high as its share of the results; `unknown` lies on top.
 * @param width of a bucket, in milliseconds
 * @param states of the camera, in the operator's order: the first lies at the bottom
 */
export function pilesOf(buckets: BucketBody[], width: number, { from, to }: Span, states: string[]): Piece[] {
  const length = to - from
  return buckets.flatMap((bucket) => {
    const begin = Date.parse(bucket.at)
    const [left, right] = [Math.max(begin, from), Math.min(begin + width, to)]
    if (right <= left) return []
    let top = 1
    return inOrder(bucket, states).map(([state, results]) => {
      const height = results / bucket.results
      top -= height
      return { left: (left - from) / length, width: (right - left) / length, top: Math.max(0, top), height, state }
    })
  })
}

/** States of a bucket with their results, from the bottom up; those that the camera does not have any more before `unknown`. */
export function inOrder({ states: found }: BucketBody, states: string[]): [state: string, results: number][] {
  const place = (state: string) => {
    if (state === 'unknown') return states.length + 1
    const index = states.indexOf(state)
    return index < 0 ? states.length : index
  }
  return Object.entries(found).sort(([one], [other]) => place(one) - place(other))
}
