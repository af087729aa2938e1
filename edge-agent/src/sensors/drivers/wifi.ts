import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { AgentError } from '../../failure.ts'
import { every, sensorDriver, sensorFields } from '../driver.ts'

const SIGNALS = '/proc/net/wireless'
const INTERFACES = '/sys/class/net'

/** How strong the Wi-Fi is that this machine is connected to, in dBm: -50 is good, below -80 frames come late. */
export const wifi = sensorDriver({
  name: 'wifi',
  unit: 'dBm',
  config: Type.Object(
    {
      ...sensorFields,
      driver: Type.Literal('wifi'),
      interface: Type.Optional(Type.String({ minLength: 1, description: '`wlan0`; left out: the first there is' })),
    },
    { additionalProperties: false },
  ),
  isHere: () => hasWifi(),
  open: (config, context) => every(config.intervalMs, context, () => readSignal(config.interface)),
})

/**
 * @returns dBm; rejects with `no_wifi` (environment) where there is none or it is not connected: the kernel then says 0, which
 * would be the strongest signal there is
 */
export async function readSignal(wanted?: string, file = SIGNALS): Promise<number> {
  const text = await readFile(file, 'utf8').catch(() => '')
  // ` wlan0: 0000   58.  -52.  -256 ...`: name, status, link, level; a dot says that the figure is new.
  const lines = [...text.matchAll(/^ *([^\s:|]+): +[0-9a-f]{4} +\S+ +(-?\d+)\.? /gm)]
  const line = lines.find(([, name]) => wanted === undefined || name === wanted)
  if (!line) {
    const which = wanted ? `no Wi-Fi interface ${wanted}` : 'no Wi-Fi'
    throw new AgentError('no_wifi', 'environment', `there is ${which} here: ${file} does not list it`)
  }
  const level = Number(line[2])
  if (level < 0) return level
  throw new AgentError('no_wifi', 'environment', `${line[1]} is not connected: it tells no signal in dBm`)
}

/** Whether the machine has a Wi-Fi interface, connected or not. */
export async function hasWifi(interfaces = INTERFACES): Promise<boolean> {
  const names = await readdir(interfaces).catch(() => [])
  return names.some((name) => ['phy80211', 'wireless'].some((sign) => existsSync(join(interfaces, name, sign))))
}
