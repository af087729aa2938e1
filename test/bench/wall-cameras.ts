import { renderDoor } from '@ajar/edge-agent'
import mqtt from 'mqtt'

/**
 * A process that is many cameras: each publishes a rendered door once a second, at its own moment of the second. It runs until
 * it is killed, and answers `ready` when all of them publish.
 */

export interface CamerasOrder {
  url: string
  /** One connection each; its cameras are `cam-1`, `cam-2`, ... */
  devices: { username: string; password: string }[]
  camerasPerDevice: number
}

export interface CamerasReady {
  /** What one picture takes, in the middle. */
  bytes: number
}

/** Different pictures, so that nothing is ever answered from a cache by chance. */
const PICTURES = 24
const PERIOD_MS = 1000

process.once('message', async ({ url, devices, camerasPerDevice }: CamerasOrder) => {
  const pictures = await Promise.all(
    Array.from({ length: PICTURES }, (_, i) => renderDoor({ seed: 7, atMs: 300_000 + i * 9_000 })),
  )
  const count = devices.length * camerasPerDevice
  for (const [at, { username, password }] of devices.entries()) {
    const client = await mqtt.connectAsync(url, { clientId: username, username, password })
    for (let camera = 0; camera < camerasPerDevice; camera++) {
      const nth = at * camerasPerDevice + camera
      const publish = () => {
        const now = Date.now()
        const jpeg = pictures[(nth + Math.floor(now / PERIOD_MS)) % PICTURES] as Uint8Array
        client.publish(`ajar/${username}/cam-${camera + 1}/frame/${now}`, Buffer.from(jpeg), { qos: 1 })
      }
      setTimeout(() => setInterval(publish, PERIOD_MS), (PERIOD_MS * nth) / count)
    }
  }
  const sizes = pictures.map(({ length }) => length).sort((a, b) => a - b)
  setTimeout(() => process.send?.({ bytes: sizes[PICTURES / 2] ?? 0 } satisfies CamerasReady), 2 * PERIOD_MS)
})
