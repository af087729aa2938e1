import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { AgentError } from '../../failure.ts'
import { every, sensorDriver, sensorFields } from '../driver.ts'

const ZONES = '/sys/class/thermal'
/** What kernels call the thermometer of the processor: a Pi's, other ARM boards', a PC's. The first that there is counts. */
const OF_THE_PROCESSOR = [/^cpu-thermal$/, /cpu/i, /soc/i, /^x86_pkg_temp$/, /^acpitz$/]

/** The temperature of the processor in °C. */
export const cpuTemperature = sensorDriver({
  name: 'cpu-temperature',
  unit: '°C',
  config: Type.Object(
    {
      ...sensorFields,
      driver: Type.Literal('cpu-temperature'),
      zone: Type.Optional(
        Type.String({ minLength: 1, description: 'type of the thermal zone; left out: that of the processor' }),
      ),
    },
    { additionalProperties: false },
  ),
  isHere: () => findZone(undefined, ZONES).then(Boolean, () => false),
  open: ({ zone, intervalMs }, context) => every(intervalMs, context, () => readTemperature(zone)),
})

/** @returns °C to 0.1; rejects with `no_thermometer` or `bad_reading` (environment), never with a made-up number */
export async function readTemperature(zone?: string, zones = ZONES): Promise<number> {
  const folder = await findZone(zone, zones)
  if (folder === null) {
    const text = zone ? `there is no thermal zone of the type ${zone} in ${zones}` : `${zones} has no thermometer`
    throw new AgentError('no_thermometer', 'environment', text)
  }
  const file = join(folder, 'temp')
  const text = await readFile(file, 'utf8')
  // The kernel writes thousandths of a degree.
  if (!/^-?\d+\n?$/.test(text)) {
    throw new AgentError('bad_reading', 'environment', `${file} holds no number but ${JSON.stringify(text)}`)
  }
  return Math.round(Number(text) / 100) / 10
}

async function findZone(wanted: string | undefined, zones: string): Promise<string | null> {
  const names = await readdir(zones).catch(() => [])
  const folders = names.filter((name) => /^thermal_zone\d+$/.test(name)).sort()
  const types = new Map<string, string>()
  for (const name of folders) {
    const type = await readFile(join(zones, name, 'type'), 'utf8').catch(() => '')
    types.set(name, type.trim())
  }
  const which = wanted === undefined ? OF_THE_PROCESSOR : [{ test: (type: string) => type === wanted }]
  for (const kind of which) {
    for (const [name, type] of types) if (kind.test(type)) return join(zones, name)
  }
  const [first] = folders
  return wanted === undefined && first ? join(zones, first) : null
}
