import type { HoldBody } from '../../../api/sensor-bodies.ts'
import { counted } from '../../../design/words.ts'

/** What came of a hold, as a sentence or two. */
export function holdInWords({ state, got, wanted, refused, reason, endedBy }: HoldBody): string {
  const said = `${counted(got, 'reading')} of ${state}`
  const less = refused > 0 ? ` ${refused} others have no label: ${reason ?? 'the server log says why'}.` : ''
  switch (endedBy) {
    case 'silence':
      return got === 0
        ? `Nothing came for 15 seconds: is the sensor on, and does it send?${less}`
        : `${said}, then nothing came for 15 seconds.${less}`
    case 'time':
      return `${said}, until the time was over${wanted === null ? '' : ` (${wanted} were wanted)`}.${less}`
    case 'stopped':
      return `${said}, until it was stopped.${less}`
    case 'closed':
      return `${said}, until the server ended.${less}`
    case 'fault':
      return `${said}, then they could no longer be labelled: ${reason ?? 'the server log says why'}.`
    default:
      return `${said}.${less}`
  }
}

/** Whether there is nothing to look at before the next one. */
export const isWhole = ({ endedBy, refused }: HoldBody) => endedBy === 'count' && refused === 0
