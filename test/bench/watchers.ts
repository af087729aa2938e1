import mqtt from 'mqtt'

/**
 * A process with subscribers that read, and the one publisher of what they read. It is told what to do by a message and
 * answers with the delays it measured.
 */

export interface WatchOrder {
  url: string
  topic: string
  watchers: number
  messagesPerSecond: number
  seconds: number
  payloadBytes: number
  /** Sent before anything is measured, so that whoever does not read has all that is kept for him; bytes. */
  fillBytes: number
}

export interface WatchReport {
  /** Milliseconds from publish to arrival, sorted. */
  delays: number[]
  /** Messages that should have arrived and did not. */
  missing: number
}

const FILL_MESSAGE_BYTES = 64 * 1024
const PATIENCE_MS = 5_000

process.once('disconnect', () => process.exit())
process.once('message', async (order: WatchOrder) => {
  process.send?.(await watch(order), () => process.exit(0))
})

async function watch(order: WatchOrder): Promise<WatchReport> {
  const delays: number[] = []
  let filled = 0
  const watchers = await Promise.all(
    Array.from({ length: order.watchers }, async (_, i) => {
      const client = await mqtt.connectAsync(order.url, { clientId: `w-${i}`, username: 'token', password: 'any' })
      client.on('message', (_topic, payload) => {
        if (payload.length >= FILL_MESSAGE_BYTES) filled += 1
        else delays.push(performance.now() - payload.readDoubleLE(0))
      })
      await client.subscribeAsync(order.topic)
      return client
    }),
  )
  const publisher = await mqtt.connectAsync(order.url, { clientId: 'pi', username: 'pi', password: 'any' })
  const fill = Buffer.alloc(FILL_MESSAGE_BYTES)
  for (let sent = 1; sent <= order.fillBytes / fill.length; sent++) {
    await publisher.publishAsync(order.topic, fill)
    await until(() => filled >= sent * order.watchers)
  }
  const count = order.messagesPerSecond * order.seconds
  const started = performance.now()
  for (let i = 0; i < count; i++) {
    await sleep(started + (i * 1000) / order.messagesPerSecond - performance.now())
    const payload = Buffer.alloc(order.payloadBytes)
    payload.writeDoubleLE(performance.now(), 0)
    publisher.publish(order.topic, payload)
  }
  await until(() => delays.length >= count * order.watchers)
  const missing = count * order.watchers - delays.length
  for (const client of [...watchers, publisher]) client.end(true)
  return { delays: delays.sort((a, b) => a - b), missing }
}

/** What was lost does not come: `missing` counts it. */
async function until(ready: () => boolean) {
  const deadline = performance.now() + PATIENCE_MS
  while (!ready() && performance.now() < deadline) await sleep(2)
}

function sleep(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms))
}
