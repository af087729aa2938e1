import { readFile } from 'node:fs/promises'
import { NAME_PATTERN } from '@ajar/protocol'
import { type Static, type TObject, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { type CameraConfig, drivers } from './capture/drivers.ts'
import { AgentError, reasonOf } from './failure.ts'
import { type SensorConfig, sensorDriverOf, sensorDrivers } from './sensors/drivers.ts'

const MEGABYTE = 1024 * 1024
const DAY_MS = 86_400_000
const closed = { additionalProperties: false }
const howMany = { minItems: 1, maxItems: 64 }
/** What has drivers, each with a schema of its own: the list's bounds, who may stand in it, and which where none is named. */
const LISTS: Record<
  string,
  {
    drivers: readonly { name: string; config: TObject }[]
    bounds: { minItems?: number; maxItems: number }
    byDefault?: string
  }
> = {
  cameras: { drivers, bounds: howMany, byDefault: drivers[0].name },
  sensors: { drivers: sensorDrivers, bounds: { maxItems: 64 } },
}

/** The agent's config file. Fields with a default may be left out. */
export const Config = Type.Object(
  {
    device: Type.String({
      pattern: NAME_PATTERN,
      examples: ['door1'],
      description: 'the name this device was registered under: lower-case letters, digits, hyphens',
    }),
    token: Type.String({
      minLength: 1,
      description: 'its credential; AJAR_AGENT_TOKEN in the environment comes first',
    }),
    server: Type.String({
      pattern: '^(mqtt|mqtts|ws|wss)://.+',
      default: 'mqtt://127.0.0.1:1883',
      examples: ['mqtt://192.168.1.5:1883'],
      description: 'where the broker listens',
    }),
    ca: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'PEM file: whom to trust at mqtts:// and wss://; without it, whom the system trusts',
      }),
    ),
    dataDir: Type.String({ minLength: 1, description: 'where the outbox is kept; made if missing' }),
    cameras: Type.Array(Type.Union(drivers.map(({ config }) => config)), howMany),
    sensors: Type.Optional(
      Type.Array(Type.Union(sensorDrivers.map(({ config }) => config)), {
        maxItems: 64,
        description: 'left out: temperature, load, disk and Wi-Fi of this machine, each minute; [] for none',
      }),
    ),
    maxFrameBytes: Type.Integer({
      minimum: 1,
      maximum: 64 * MEGABYTE,
      default: 2 * MEGABYTE,
      description: "larger pictures are not sent; at most the server's AJAR_MAX_FRAME_BYTES",
    }),
    outbox: Type.Object(
      {
        maxBytes: Type.Integer({
          minimum: 1,
          default: 512 * MEGABYTE,
          description: 'frames and readings kept on disk, bytes',
        }),
        maxFrames: Type.Integer({
          minimum: 16,
          maximum: 1_000_000,
          default: 50_000,
          description: 'frames and readings kept on disk',
        }),
        maxAgeMs: Type.Integer({
          minimum: 60_000,
          default: 7 * DAY_MS,
          description: 'what is older is dropped',
        }),
        minFreeBytes: Type.Integer({
          minimum: 0,
          default: 256 * MEGABYTE,
          description:
            'kept free on the disk, at most a tenth of it: below it what waits is dropped, but for the last few',
        }),
        drainBytesPerSecond: Type.Optional(
          Type.Integer({ minimum: 1000, description: 'at most so much of a backlog is sent, beside what is new' }),
        ),
      },
      { ...closed, default: {} },
    ),
    statusIntervalMs: Type.Integer({ minimum: 1000, maximum: 3_600_000, default: 30_000 }),
  },
  closed,
)

/** A config that passed `checkConfig`, with every default filled in. */
export type Config = Omit<Static<typeof Config>, 'cameras' | 'sensors'> & {
  cameras: CameraConfig[]
  sensors?: SensorConfig[]
}

/** Reads and checks the config file; `AJAR_AGENT_TOKEN` in `environment` replaces its token. Rejects with `bad_config`. */
export async function readConfig(path: string, environment: Record<string, string | undefined>): Promise<Config> {
  let written: unknown
  try {
    written = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new AgentError('bad_config', 'caller', `${path} cannot be read as JSON: ${reasonWithoutText(error)}`)
  }
  const token = environment.AJAR_AGENT_TOKEN
  return checkConfig(token && isObject(written) ? { ...written, token } : written)
}

/** V8 quotes what stands around an error, and that may be the token, which nobody shall read in a log. */
function reasonWithoutText(error: unknown): string {
  return reasonOf(error).replace(
    /(?:, )?(?:\.\.\.)?"[\s\S]*is not valid JSON$/,
    ' (is a quotation mark or a comma missing?)',
  )
}

/** The config with defaults, or throws `bad_config` (caller), whose message has every error on a line of its own. */
export function checkConfig(written: unknown): Config {
  const config = withDefaults(written)
  const errors = [...errorsOf(config), ...sameNames(config), ...sensorChecks(config), ...needlessTrust(config)]
  if (errors.length > 0) {
    const lines = errors.map((error) => `\n  ${error}`).join('')
    throw new AgentError('bad_config', 'caller', `the agent's config has ${errors.length} error(s):${lines}`)
  }
  return config as Config
}

function withDefaults(written: unknown): unknown {
  const config = Value.Default(Config, structuredClone(written))
  if (!isObject(config)) return config
  const lists = Object.keys(LISTS).map((list) => {
    const filled = entriesOf(config, list).map((entry) => {
      const schema = schemaOf(list, entry)
      return schema ? Value.Default(schema, entry) : entry
    })
    return [list, Array.isArray(config[list]) ? filled : config[list]]
  })
  return { ...config, ...Object.fromEntries(lists.filter(([, value]) => value !== undefined)) }
}

/** Checks each entry of a list by the schema of its own driver: an error of the union would list those of all drivers. */
function errorsOf(config: unknown): string[] {
  const lists = Object.entries(LISTS)
  const ofAnyKind = lists.map(([list, { bounds }]) => {
    const entries = Type.Array(Type.Unknown(), bounds)
    return [list, Config.required.includes(list as never) ? entries : Type.Optional(entries)]
  })
  const all = objectErrors(Type.Object({ ...Config.properties, ...Object.fromEntries(ofAnyKind) }), config, '')
  return [
    ...all,
    ...lists.flatMap(([list]) =>
      entriesOf(config, list).flatMap((entry, i) => entryErrors(list, entry, `${list}/${i}`)),
    ),
  ]
}

function entryErrors(list: string, entry: unknown, path: string): string[] {
  const schema = schemaOf(list, entry)
  if (schema) return objectErrors(schema, entry, path)
  return [`${path}/driver must be one of ${LISTS[list]?.drivers.map(({ name }) => name).join(', ')}`]
}

/**
 * What is wrong with `value`, in words; `path` is where it stands, '' for the config as a whole. Field by field, because one
 * call of `Value.Errors` stops after eight errors. Unknown fields are refused everywhere.
 */
export function objectErrors(schema: TObject, value: unknown, path: string): string[] {
  const here = path || 'config'
  if (!isObject(value)) return [`${here} must be an object`]
  const known = Object.keys(schema.properties)
  const lacking = (schema.required ?? []).filter((name) => !(name in value))
  const unknown = Object.keys(value).filter((name) => !known.includes(name))
  return [
    ...lacking.map((name) => `${here} lacks ${name}`),
    ...unknown.map((name) => `${here} has an unknown field ${name}`),
    ...known
      .filter((name) => name in value)
      .flatMap((name) => fieldErrors(schema.properties[name], value[name], path ? `${path}/${name}` : name)),
  ]
}

function fieldErrors(schema: TSchema | undefined, value: unknown, path: string): string[] {
  if (!schema) return []
  if (Type.IsObject(schema)) return objectErrors(schema, value, path)
  const errors = Value.Errors(schema, value).map(({ message }) => `${path} ${inWords(message, schema)}`)
  if (errors.length > 0 && 'description' in schema) return [`${errors[0]} (${schema.description})`]
  return errors.slice(0, 1)
}

/** A pattern tells few what to write. */
function inWords(message: string, schema: TSchema & { examples?: unknown[] }): string {
  const [example] = schema.examples ?? []
  return example !== undefined && message.startsWith('must match pattern') ? `must be such as ${example}` : message
}

/** The schema of the driver that an entry names, or null where there is no such driver. */
function schemaOf(list: string, entry: unknown): TObject | null {
  const known = LISTS[list]
  const name = isObject(entry) ? (entry.driver ?? known?.byDefault) : undefined
  return known?.drivers.find((driver) => driver.name === name)?.config ?? null
}

function entriesOf(config: unknown, list: string): unknown[] {
  const entries = isObject(config) ? config[list] : undefined
  return Array.isArray(entries) ? entries : []
}

/** What the schemas of sensors cannot say; of those that fit theirs. */
function sensorChecks(config: unknown): string[] {
  return entriesOf(config, 'sensors').flatMap((sensor, i) => {
    const schema = schemaOf('sensors', sensor)
    if (!schema || !Value.Check(schema, sensor)) return []
    const fitting = sensor as SensorConfig
    return (sensorDriverOf(fitting).check?.(fitting as never) ?? []).map((error) => `sensors/${i} ${error}`)
  })
}

/** Whoever names a CA believes to be safe. */
function needlessTrust(config: unknown): string[] {
  if (!isObject(config) || config.ca === undefined || /^(mqtts|wss):/.test(String(config.server))) return []
  return ['ca is for a server at mqtts:// or wss://: this connection would not be encrypted']
}

/** A camera and a sensor may have one name: their topics differ. */
function sameNames(config: unknown): string[] {
  return Object.keys(LISTS).flatMap((list) => {
    const names = entriesOf(config, list).map((entry) => (isObject(entry) ? entry.name : undefined))
    const twice = new Set(names.filter((name, i) => name !== undefined && names.indexOf(name) !== i))
    return [...twice].map((name) => `${list} has two of the name ${name}: give each its own`)
  })
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
