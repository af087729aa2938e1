import { getEventListeners } from 'node:events'
import { expect, onTestFinished, test, vi } from 'vitest'
import { sender } from '../src/alerts/webhook/send.ts'
import { Receiver } from './receiver.ts'
import { LOOPBACK, SECRET } from './rule-with-webhook.ts'

test('an attempt leaves nothing behind: a signal that is listened to lives as long as the server', async () => {
  const signals: AbortSignal[] = []
  const any = AbortSignal.any.bind(AbortSignal)
  vi.spyOn(AbortSignal, 'any').mockImplementation((of) => {
    const signal = any(of)
    signals.push(signal)
    return signal
  })
  onTestFinished(() => void vi.restoreAllMocks())
  const lookup = async () => [{ address: '127.0.0.1', family: 4 as const }]
  const { signal } = new AbortController()
  const send = sender({ allow: LOOPBACK, now: Date.now, limitMs: 10_000, lookup, signal })
  const { port } = await Receiver.start(onTestFinished, SECRET)
  const to = (url: string) => send({ url, secret: SECRET }, 'msg_1', '{}')
  expect((await to(`http://door.example:${port}/`)).status).toBe(204)
  await expect(to('http://door.example:1024/')).rejects.toThrow('ECONNREFUSED')
  expect(signals).toHaveLength(2)
  // A connection that is closed says so a moment later.
  await vi.waitFor(() => expect(signals.flatMap((one) => getEventListeners(one, 'abort'))).toEqual([]))
})
