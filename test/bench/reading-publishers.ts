import mqtt, { type MqttClient } from 'mqtt'

/** A process that publishes readings as agents do; told what to do by a message, it answers with what it measured. */

export interface ReadingOrder {
  url: string
  /** One connection each. `username` is client id and device. */
  clients: { username: string; password: string }[]
  sensors: number
  /** Each reading is a list of so many; 0: a number. */
  numbers?: number
  /** In flight on each connection. */
  window: number
  seconds: number
}

export interface ReadingReport {
  acknowledged: number
  seconds: number
  /** Milliseconds from publish to PUBACK, sorted. */
  latencies: number[]
}

process.once('message', async (order: ReadingOrder) => {
  const report = await publishAll(order)
  process.send?.(report, () => process.exit(0))
})

async function publishAll({
  url,
  clients,
  sensors,
  numbers = 0,
  window,
  seconds: wanted,
}: ReadingOrder): Promise<ReadingReport> {
  const connected = await Promise.all(
    clients.map(({ username, password }) =>
      mqtt.connectAsync(url, { clientId: username, username, password, keepalive: 60, reconnectPeriod: 0 }),
    ),
  )
  const latencies: number[] = []
  const started = performance.now()
  const until = started + wanted * 1000
  let lastAt = Date.now() - 100_000_000
  const publish = async (client: MqttClient, device: string) => {
    while (performance.now() < until) {
      lastAt += 1
      const topic = `ajar/${device}/sensor-${lastAt % sensors}/reading/${lastAt}`
      const at = performance.now()
      const value = numbers === 0 ? lastAt / 7 : Array.from({ length: numbers }, (_, i) => (lastAt % 100_000) / (i + 7))
      await client.publishAsync(topic, JSON.stringify({ value }), { qos: 1 })
      latencies.push(performance.now() - at)
    }
  }
  await Promise.all(
    connected.flatMap((client, i) => Array.from({ length: window }, () => publish(client, clients[i]?.username ?? ''))),
  )
  const seconds = (performance.now() - started) / 1000
  await Promise.all(connected.map((client) => client.endAsync()))
  return { acknowledged: latencies.length, seconds, latencies: latencies.sort((a, b) => a - b) }
}
