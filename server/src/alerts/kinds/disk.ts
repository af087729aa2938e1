import { Type } from 'typebox'
import { alertKind } from '../alert-kind.ts'

const amount = { minimum: 1_000_000, maximum: 1e15, unit: 'bytes' }

export const disk = alertKind({
  name: 'disk',
  title: 'The disk of the server fills',
  description: 'Less than this is free where the data are. It ends once more than the second amount is.',
  subject: 'server',
  params: Type.Object(
    {
      freeBytes: Type.Integer({ title: 'free', default: 1_000_000_000, ...amount }),
      clearBytes: Type.Optional(
        Type.Integer({ title: 'ends above', description: 'a tenth more than it where nothing is said', ...amount }),
      ),
    },
    { additionalProperties: false },
  ),
  defaults: { forMs: 60_000, clearMs: 0, severity: 'critical' },
  flawOf: ({ freeBytes, clearBytes = freeBytes }) =>
    clearBytes < freeBytes
      ? { field: 'clearBytes', message: `has to be at least ${freeBytes}, at which it begins` }
      : null,
  look({ freeBytes: free }, { freeBytes, clearBytes = freeBytes * 1.1 }, standing) {
    if (free === null) return { holds: null }
    const isOver = standing ? free > clearBytes : free >= freeBytes
    if (isOver) return { holds: false }
    const text = `${inWords(free)} of the server's disk are free, less than ${inWords(freeBytes)}`
    return { holds: true, text, was: `less than ${inWords(freeBytes)} of the server's disk were free`, value: free }
  },
})

function inWords(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.floor(bytes / 1e6)} MB`
}
