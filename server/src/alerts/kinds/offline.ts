import { Type } from 'typebox'
import { alertKind } from '../alert-kind.ts'

export const offline = alertKind({
  name: 'offline',
  title: 'A device is offline',
  description: 'It ends when the device connects, and says nothing of devices that are disabled.',
  subject: 'device',
  params: Type.Object({}, { additionalProperties: false }),
  defaults: { forMs: 300_000, clearMs: 0, severity: 'warning' },
  look({ subject, connected, disabled, settled }) {
    if (disabled) return { holds: false, why: 'it was disabled' }
    if (connected) return { holds: false }
    // After a start nobody is connected yet.
    if (!settled) return { holds: null }
    return { holds: true, text: `${subject} is offline`, was: `${subject} was offline`, value: 'offline' }
  },
})
