import { queryText } from '../../api/client.ts'
import type { Span } from '../../ribbon/band.ts'

export type What = 'results' | 'transitions' | 'readings'

export const FORMATS = [
  { format: 'csv', name: 'CSV' },
  { format: 'ndjson', name: 'NDJSON' },
] as const

/** How many frames of a span: all, or the first of each so many milliseconds. */
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

/** Where a file of a span is had, and what it is called where it is kept. */
export function downloadOf(
  { id, device, camera }: { id: string; device: string; camera: string },
  { from, to }: Span,
  what: What | 'frames',
  choice: Choice,
): { href: string; file: string } {
  const ofDevice = what === 'readings'
  const path = ofDevice ? '/api/readings' : `/api/cameras/${id}/${what === 'frames' ? 'frames.zip' : what}`
  const query = { ...(ofDevice ? { device } : {}), from, to, ...choice }
  const name = [device, ...(ofDevice ? [] : [camera]), what, stamp(from), stamp(to)].join('-')
  return { href: path + queryText(query), file: `${name}.${choice.format ?? 'zip'}` }
}

/** `20261130_120000`, UTC as the times in the file. */
function stamp(ms: number): string {
  const [day = '', time = ''] = new Date(ms).toISOString().split('T')
  return `${day.replaceAll('-', '')}_${time.slice(0, 8).replaceAll(':', '')}`
}
