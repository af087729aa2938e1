import type { Asked } from '../poller.ts'

/** What a poller saw of a redeploy. */
export interface Downtime {
  requests: number
  /** Nobody listened. */
  refused: number
  /** The server that was about to answer ended. */
  cut: number
  /** The longest time in which no request was answered, in milliseconds. */
  silentMs: number
  /** The longest time in which none was answered well. */
  unwellMs: number
}

export function downtime(asked: Asked[]): Downtime {
  const count = (end: Asked['end']) => asked.filter((one) => one.end === end).length
  return {
    requests: asked.length,
    refused: count('refused'),
    cut: count('cut'),
    silentMs: longestGap(asked.filter(({ end }) => end === 'answered')),
    unwellMs: longestGap(asked.filter(({ status }) => status === 200)),
  }
}

function longestGap(answers: Asked[]): number {
  const times = answers.map(({ endedAt }) => endedAt).sort((a, b) => a - b)
  return Math.max(0, ...times.slice(1).map((time, i) => time - (times[i] ?? time)))
}
