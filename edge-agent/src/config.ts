import { readFile } from 'node:fs/promises'
import { NAME_PATTERN } from '@ajar/protocol'
import { type Static, type TObject, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { type CameraConfig, drivers } from './capture/drivers.ts'
import { AgentError, reasonOf } from './failure.ts'

const MEGABYTE = 1024 * 1024
const closed = { additionalProperties: false }
const howMany = { minItems: 1, maxItems: 64 }

/** The agent's config file. Fields with a default may be left out. */
export const Config = Type.Object(
  {
    device: Type.String({ pattern: NAME_PATTERN, description: 'the name this device was registered under' }),
    token: Type.String({
      minLength: 1,
      description: 'its credential; AJAR_AGENT_TOKEN in the environment comes first',
    }),
    server: Type.String({
      pattern: '^(mqtt|mqtts|ws|wss)://.+',
      default: 'mqtt://127.0.0.1:1883',
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
    maxFrameBytes: Type.Integer({
      minimum: 1,
      maximum: 64 * MEGABYTE,
      default: 2 * MEGABYTE,
      description: "larger pictures are not sent; at most the server's AJAR_MAX_FRAME_BYTES",
    }),
    outbox: Type.Object(
      {
        maxBytes: Type.Integer({ minimum: 1, default: 512 * MEGABYTE, description: 'frames kept on disk, bytes' }),
        maxFrames: Type.Integer({
          minimum: 16,
          maximum: 1_000_000,
          default: 50_000,
          description: 'frames kept on disk',
        }),
      },
      { ...closed, default: {} },
    ),
    statusIntervalMs: Type.Integer({ minimum: 1000, maximum: 3_600_000, default: 30_000 }),
  },
  closed,
)

/** A config that passed `checkConfig`, with every default filled in. */
export type Config = Omit<Static<typeof Config>, 'cameras'> & { cameras: CameraConfig[] }

/** Reads and checks the config file; `AJAR_AGENT_TOKEN` in `environment` replaces its token. Rejects with `bad_config`. */
export async function readConfig(path: string, environment: Record<string, string | undefined>): Promise<Config> {
  let written: unknown
  try {
    written = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new AgentError('bad_config', 'caller', `${path} cannot be read as JSON: ${reasonOf(error)}`, error)
  }
  const token = environment.AJAR_AGENT_TOKEN
  return checkConfig(token && isObject(written) ? { ...written, token } : written)
}

/** The config with defaults, or throws `bad_config` (caller), whose message has every error on a line of its own. */
export function checkConfig(written: unknown): Config {
  const config = withDefaults(written)
  const errors = [...errorsOf(config), ...sameNames(config), ...needlessTrust(config)]
  if (errors.length > 0) {
    const lines = errors.map((error) => `\n  ${error}`).join('')
    throw new AgentError('bad_config', 'caller', `the agent's config has ${errors.length} error(s):${lines}`)
  }
  return config as Config
}

function withDefaults(written: unknown): unknown {
  const config = Value.Default(Config, structuredClone(written))
  if (!isObject(config) || !Array.isArray(config.cameras)) return config
  const cameras = config.cameras.map((camera) => {
    const schema = schemaOf(camera)
    return schema ? Value.Default(schema, camera) : camera
  })
  return { ...config, cameras }
}

/** Checks each camera by the schema of its own driver: an error of the union would list those of all drivers. */
function errorsOf(config: unknown): string[] {
  const cameraOfAnyKind = Type.Array(Type.Unknown(), howMany)
  const all = objectErrors(Type.Object({ ...Config.properties, cameras: cameraOfAnyKind }), config, '')
  const cameras = isObject(config) && Array.isArray(config.cameras) ? config.cameras : []
  return [...all, ...cameras.flatMap((camera, i) => cameraErrors(camera, `cameras/${i}`))]
}

function cameraErrors(camera: unknown, path: string): string[] {
  const schema = schemaOf(camera)
  if (schema) return objectErrors(schema, camera, path)
  return [`${path}/driver must be one of ${drivers.map(({ name }) => name).join(', ')}`]
}

/** Field by field, because one call of `Value.Errors` stops after eight errors. Unknown fields are refused everywhere. */
function objectErrors(schema: TObject, value: unknown, path: string): string[] {
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
  const errors = Value.Errors(schema, value).map(({ message }) => `${path} ${message}`)
  if (errors.length > 0 && 'description' in schema) return [`${errors[0]} (${schema.description})`]
  return errors.slice(0, 1)
}

/** The schema of the driver that a camera names, or null where there is no such driver. */
function schemaOf(camera: unknown): TObject | null {
  const name = isObject(camera) ? camera.driver : undefined
  return drivers.find((driver) => driver.name === name)?.config ?? null
}

/** Whoever names a CA believes to be safe. */
function needlessTrust(config: unknown): string[] {
  if (!isObject(config) || config.ca === undefined || /^(mqtts|wss):/.test(String(config.server))) return []
  return ['ca is for a server at mqtts:// or wss://: this connection would not be encrypted']
}

function sameNames(config: unknown): string[] {
  if (!isObject(config) || !Array.isArray(config.cameras)) return []
  const names = config.cameras.map((camera) => (isObject(camera) ? camera.name : undefined))
  const twice = new Set(names.filter((name, i) => name !== undefined && names.indexOf(name) !== i))
  return [...twice].map((name) => `cameras has two of the name ${name}: give each its own`)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
