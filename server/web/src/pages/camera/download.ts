import { queryText } from '../../api/client.ts'
import type { Span } from '../../ribbon/band.ts'

export type What = 'results' | 'transitions' | 'readings'

export const FORMATS = [
  { format: 'csv', name: 'CSV' },
  { format: 'ndjson', name: 'NDJSON' },
] as const

/** How many frames of a span: all, or one of each so many milliseconds. */
export const EVERY = [
  { name: 'All', ms: 0 },
  { name: 'One a minute', ms: 60_000 },
  { name: 'One in ten minutes', ms: 600_000 },
  { name: 'One an hour', ms: 3_600_000 },
] as const

interface Choice {
  format?: 'csv' | 'ndjson' | undefined
  state?: string | undefined
  /** Milliseconds. */
  every?: number | undefined
}

/** Where a file of a span is had; the server says what it is called. */
export function downloadPath(
  { id, device }: { id: string; device: string },
  { from, to }: Span,
  what: What | 'frames',
  choice: Choice,
): string {
  const query = { from, to, ...choice }
  if (what === 'readings') return `/api/readings${queryText({ device, ...query })}`
  return `/api/cameras/${id}/${what === 'frames' ? 'frames.zip' : what}${queryText(query)}`
}
