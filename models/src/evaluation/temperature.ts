import { softmax } from '../head/head.ts'

const LEAST = 0.5
const MOST = 3
/**
 * How far, as a logarithm, a temperature is from 1 before any frame is seen: early stopping and weight decay leave
 * heads about as sure as they should be, so few frames move it little, with one mistake or without.
 */
const SPREAD = 0.25
const STEPS = 30

/**
 * The temperature by which scores are divided so that a confidence of 0.9 is right nine times of ten (Guo and others
 * 2017, "On calibration of modern neural networks"): the likeliest one, given frames that were not learned from.
 * @param judged scores of a frame, and which of them is its label's
 */
export function fitTemperature(judged: { scores: Float64Array; truth: number }[]): number {
  const unlikelihood = (logarithm: number) => {
    const temperature = Math.exp(logarithm)
    let sum = logarithm ** 2 / (2 * SPREAD ** 2)
    for (const { scores, truth } of judged) {
      const probability = softmax(scores.map((score) => score / temperature))[truth] as number
      sum -= Math.log(Math.max(probability, Number.MIN_VALUE))
    }
    return sum
  }
  // It has one valley, which is halved in: of two points inside, the higher one's side holds none.
  let [low, high] = [Math.log(LEAST), Math.log(MOST)]
  for (let i = 0; i < STEPS; i++) {
    const [left, right] = [low + (high - low) / 3, high - (high - low) / 3]
    if (unlikelihood(left) < unlikelihood(right)) high = right
    else low = left
  }
  return Math.exp((low + high) / 2)
}
