import { expect, test } from 'vitest'
import { packets } from './packets.ts'

/** The long form is in `npm run soak`. */
const SECONDS = 5

test(`20 boards send 20 packets a second for ${SECONDS} s: none is lost, and each is told of its own door`, {
  timeout: 120_000,
}, async () => {
  const { sent, broken, ...measured } = await packets({ senders: 20, rate: 20, seconds: SECONDS })
  console.log(`${sent} packets: ${JSON.stringify(measured)}`)
  expect({ sent, broken }).toEqual({ sent: 20 * 20 * SECONDS, broken: [] })
})
