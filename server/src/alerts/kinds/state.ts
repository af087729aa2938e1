import { NAME_PATTERN } from '@ajar/protocol'
import { Type } from 'typebox'
import { alertKind } from '../alert-kind.ts'

export const state = alertKind({
  name: 'state',
  title: 'A camera is in a state',
  description:
    'Such as a door that is open for longer than ten minutes. It ends when the camera is seen in another state; a camera ' +
    'whose state becomes unknown ends nothing.',
  subject: 'camera',
  params: Type.Object(
    { state: Type.String({ pattern: NAME_PATTERN, title: 'state', unit: 'state' }) },
    { additionalProperties: false },
  ),
  defaults: { forMs: 600_000, clearMs: 0, severity: 'warning' },
  flawOf({ state }, states) {
    if (state === 'unknown') return { field: 'state', message: 'is none of a camera: make a rule of kind unknown' }
    if (states === null || states.includes(state)) return null
    return { field: 'state', message: `is none of this camera, which can be ${states.join(', ') || 'nothing yet'}` }
  },
  look({ subject, state: now, seen }, { state }) {
    if (now.state === 'unknown' || !seen) return { holds: null }
    if (now.state !== state) return { holds: false }
    const said = { text: `${subject} is ${state}`, was: `${subject} was ${state}`, value: state }
    return { holds: true, ...said, since: now.since }
  },
})
