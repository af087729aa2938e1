import { createHash } from 'node:crypto'
import type { Model } from './model.ts'

/** Names the labels a model learned from: sha256 over the sorted lines `frame state`. */
export function summariseLabels(labels: { frame: string; state: string }[]): Model['labels'] {
  const lines = labels.map(({ frame, state }) => `${frame} ${state}\n`).sort()
  const perState: Record<string, number> = {}
  for (const { state } of labels) perState[state] = (perState[state] ?? 0) + 1
  return { digest: createHash('sha256').update(lines.join('')).digest('hex'), frames: labels.length, perState }
}
