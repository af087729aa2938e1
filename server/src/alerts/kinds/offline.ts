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
    if (disabled) return { holds: false, text: `${subject} is disabled`, value: 'disabled' }
    if (connected) return { holds: false, text: `${subject} is connected`, value: 'connected' }
    // After a start nobody is connected yet.
    return { holds: settled ? true : null, text: `${subject} is offline`, value: 'offline' }
  },
})
