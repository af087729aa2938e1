import { randomBytes } from 'node:crypto'
import mqtt, { type MqttClient } from 'mqtt'
import sharp from 'sharp'

/**
 * A process that publishes frames as agents do: QoS 1, a window of 8 in flight on each connection, the next one only
 * after a PUBACK. It is told what to do by a message and answers with what it measured.
 */

export interface PublishOrder {
  url: string
  /** One connection each. `username` is client id and device. */
  clients: { username: string; password: string }[]
  cameras: string[]
  frame: { bytes: number; width: number; height: number }
  window: number
  seconds: number
  /** Frames a second, all clients together; null: as fast as they are acknowledged. */
  rate: number | null
  /** Wait while so many frames have no result yet: a load that the pipeline can hold; absent: never wait. */
  mostWaiting?: { http: string; token: string; frames: number }
}

export interface PublishReport {
  acknowledged: number
  seconds: number
  /** Milliseconds from publish to PUBACK, sorted. */
  latencies: number[]
}

if (process.send) {
  process.once('message', async (order: PublishOrder) => {
    const report = await publishAll(order)
    process.send?.(report, () => process.exit(0))
  })
}

async function publishAll(order: PublishOrder): Promise<PublishReport> {
  const jpeg = await makeFrame(order.frame)
  const clients = await Promise.all(
    order.clients.map(({ username, password }) =>
      mqtt.connectAsync(order.url, { clientId: username, username, password, keepalive: 60, reconnectPeriod: 0 }),
    ),
  )
  const latencies: number[] = []
  const started = performance.now()
  const until = started + order.seconds * 1000
  let lastId = Date.now() - 10_000_000
  let due = started

  let crowded = false
  const watch = order.mostWaiting && setInterval(async () => (crowded = await isCrowded(order)), 200)

  const publish = async (client: MqttClient, device: string) => {
    while (performance.now() < until) {
      if (order.rate !== null) {
        due += 1000 / order.rate
        const wait = due - performance.now()
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
      }
      while (crowded) await new Promise((resolve) => setTimeout(resolve, 5))
      lastId += 1
      const camera = order.cameras[lastId % order.cameras.length]
      const at = performance.now()
      await client.publishAsync(`ajar/${device}/${camera}/frame/${lastId}`, jpeg, { qos: 1 })
      latencies.push(performance.now() - at)
    }
  }
  await Promise.all(
    clients.flatMap((client, i) =>
      Array.from({ length: order.window }, () => publish(client, order.clients[i]?.username ?? '')),
    ),
  )
  const seconds = (performance.now() - started) / 1000
  clearInterval(watch)
  await Promise.all(clients.map((client) => client.endAsync()))
  return { acknowledged: latencies.length, seconds, latencies: latencies.sort((a, b) => a - b) }
}

async function isCrowded({ mostWaiting }: PublishOrder): Promise<boolean> {
  if (!mostWaiting) return false
  const answer = await fetch(`${mostWaiting.http}/metrics`, {
    headers: { authorization: `Bearer ${mostWaiting.token}` },
  })
  const [, waiting = '0'] = /^ajar_frames_pending (\d+)$/m.exec(await answer.text()) ?? []
  return Number(waiting) > mostWaiting.frames
}

/** A JPEG of a noisy picture, of exactly the wanted size. */
export async function makeFrame({ bytes, width, height }: PublishOrder['frame']): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3)
  const noise = randomBytes(width * height)
  for (let i = 0; i < pixels.length; i++) {
    const at = Math.floor(i / 3)
    pixels[i] = ((at % width) / width) * 180 + ((noise[at] ?? 0) % 32)
  }
  let jpeg = Buffer.alloc(0)
  for (let quality = 95; quality > 5 && (jpeg.length === 0 || jpeg.length > bytes); quality -= 5)
    jpeg = await sharp(pixels, { raw: { width, height, channels: 3 } })
      .jpeg({ quality })
      .toBuffer()
  return padded(jpeg, bytes)
}

/** The same JPEG with comment segments (T.81, B.2.4.5) behind its first marker, so that it has exactly the wanted size. */
export function padded(jpeg: Uint8Array, bytes: number): Buffer {
  const comments: Buffer[] = []
  for (let missing = bytes - jpeg.length; missing >= 4; ) {
    const length = Math.min(missing, 60_000)
    const comment = Buffer.alloc(length)
    comment.writeUInt16BE(0xfffe, 0)
    comment.writeUInt16BE(length - 2, 2)
    comments.push(comment)
    missing -= length
  }
  return Buffer.concat([jpeg.subarray(0, 2), ...comments, jpeg.subarray(2)])
}
