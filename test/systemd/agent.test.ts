import { ApiError } from '@ajar/local'
import { expect, test } from 'vitest'
import { door } from '../journeys/pictures.ts'
import { until } from '../journeys/system.ts'
import { InstalledServer } from './installed-server.ts'
import { CHECKOUT_INSIDE, type Machine } from './machine.ts'
import { machineForFile } from './machine-for-file.ts'
import { monotonic } from './recovery.ts'

/** The agent as install.sh installs it, beside a server: it publishes, and is back after a kill of either. */

const LIMIT_MS = 180_000
const UNIT = 'ajar-agent.service'
const CAMERA = 'pi/cam'

let machine: Machine
let server: InstalledServer

machineForFile(async (started) => {
  machine = started
  server = await InstalledServer.install(machine)
  const { token } = await server.api.send<{ token: string }>('POST', '/api/devices', { name: 'pi' })
  for (const state of ['open', 'closed'] as const) await machine.write(`/srv/pictures/${state}.jpg`, await door(state))
  const camera = { name: 'cam', driver: 'folder', path: '/srv/pictures', loop: true, intervalMs: 200 }
  const config = { device: 'pi', token, dataDir: '/var/lib/ajar-agent', cameras: [camera] }
  await machine.write('/etc/ajar/agent.json', JSON.stringify(config))
  await machine.shell(`${CHECKOUT_INSIDE}/deploy/install.sh agent`, { limitMs: LIMIT_MS })
})

/** The id of the newest frame that the server has; null where there is none. */
async function newest(): Promise<string | null> {
  const query = `camera=${encodeURIComponent(CAMERA)}&order=newest&limit=1`
  try {
    const { items } = await server.api.get<{ items: { id: string }[] }>(`/api/frames?${query}`)
    return items[0]?.id ?? null
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  }
}

/** Waits for a frame that is there only now. */
async function nextFrame(): Promise<void> {
  const before = await newest()
  await until(async () => (await newest()) !== before)
}

test('it publishes, as a user of its own', async () => {
  await nextFrame()
  expect(await machine.show(UNIT, 'ActiveState', 'User')).toEqual({ ActiveState: 'active', User: 'ajar-agent' })
})

test(
  'killed, it is restarted and publishes on',
  async () => {
    const [pid = 0] = await machine.processesOf(UNIT)
    const fault = monotonic()
    process.kill(pid, 'SIGKILL')
    const started = await until(async () => {
      const shown = await machine.show(UNIT, 'ActiveState', 'ActiveEnterTimestampMonotonic')
      const at = Number(shown.ActiveEnterTimestampMonotonic) / 1000
      return shown.ActiveState === 'active' && at > fault ? at : null
    })
    console.log(`agent, kill -9: READY=1 ${((started - fault) / 1000).toFixed(2)} s after`)
    await nextFrame()
  },
  LIMIT_MS,
)

test(
  'the server killed, it publishes on to the next one',
  async () => {
    const [pid] = await machine.processesOf(UNIT)
    await server.kill('SIGKILL')
    await until(async () => Number((await server.show('NRestarts')).NRestarts) > 0)
    await server.ready()
    await nextFrame()
    expect(await machine.processesOf(UNIT)).toEqual([pid])
  },
  LIMIT_MS,
)
