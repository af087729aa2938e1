import { type ConfigApplied, ConfigDesired } from '@ajar/protocol'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { CameraConfig } from './capture/drivers.ts'
import { GateConfig } from './capture/gate/config.ts'
import { isObject, objectErrors } from './config.ts'

const closed = { additionalProperties: false }
const intervalMs = Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400_000 }))

const CameraSettings = Type.Object(
  {
    intervalMs,
    /** Replaces the gate of the config file as a whole; null: no gate, every picture is sent. */
    gate: Type.Optional(Type.Union([GateConfig, Type.Null()])),
  },
  closed,
)

/**
 * What the server may change of a running agent, a full replacement each time: what is left out is as the config file says.
 * The server's settings are retained, so they come with each connection; until then those count that came last (`remembered.ts`).
 */
export const Settings = Type.Object(
  {
    /** Of every camera whose pace it sets and that has none of its own in `cameras`. */
    intervalMs,
    cameras: Type.Optional(Type.Record(Type.String(), CameraSettings)),
  },
  closed,
)
export type Settings = Static<typeof Settings>

export interface SettingsParts {
  /** The cameras as the config file has them. */
  cameras: CameraConfig[]
  /** Whether the interval sets the pace of this camera. */
  isPaced: (camera: CameraConfig) => boolean
  /** Makes the agent follow; called with all cameras, and only where all settings can be followed. */
  apply: (cameras: CameraConfig[]) => void
}

/**
 * Answers one message of `config/desired`: all of it is applied, or nothing and the answer says why, in words. Null where the
 * message has no version to answer to.
 */
export function applyDesired(payload: Uint8Array, parts: SettingsParts): ConfigApplied | null {
  const desired = parse(payload)
  if (!Value.Check(ConfigDesired, desired)) return null
  const { version, settings } = desired
  const errors = errorsOf(settings, parts)
  if (errors.length === 0) {
    const checked = Value.Default(Settings, structuredClone(settings)) as Settings
    parts.apply(parts.cameras.map((camera) => withSettings(camera, checked, parts.isPaced(camera))))
  }
  // What `config/applied` may hold.
  const told = errors.slice(0, 64).map((error) => error.slice(0, 1024))
  return { version, ok: errors.length === 0, errors: told }
}

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return null
  }
}

function withSettings(camera: CameraConfig, settings: Settings, isPaced: boolean): CameraConfig {
  const all = settings.cameras ?? {}
  const own = (Object.hasOwn(all, camera.name) ? all[camera.name] : undefined) ?? {}
  const intervalMs = own.intervalMs ?? (isPaced ? settings.intervalMs : undefined) ?? camera.intervalMs
  const { gate: fromFile, ...rest } = camera
  const gate = own.gate === undefined ? fromFile : own.gate
  return { ...rest, intervalMs, ...(gate ? { gate: Value.Default(GateConfig, gate) as GateConfig } : {}) }
}

function errorsOf(settings: Record<string, unknown>, { cameras, isPaced }: SettingsParts): string[] {
  const errors = [...fixed(settings, Settings.properties, ''), ...intervalErrors(settings, '')]
  if (settings.intervalMs !== undefined && !cameras.some(isPaced)) {
    errors.push('intervalMs sets the pace of no camera here: a folder has its own')
  }
  if (settings.cameras === undefined) return errors
  if (!isObject(settings.cameras)) return [...errors, 'cameras must be an object: settings by the names of cameras']
  for (const [name, own] of Object.entries(settings.cameras)) {
    const path = `cameras/${name}`
    const camera = cameras.find((camera) => camera.name === name)
    if (!camera) {
      errors.push(`${path}: there is no such camera here, only ${cameras.map(({ name }) => name).join(', ')}`)
    } else if (!isObject(own)) errors.push(`${path} must be an object`)
    else {
      errors.push(...fixed(own, CameraSettings.properties, `${path}/`), ...intervalErrors(own, `${path}/`))
      if (own.intervalMs !== undefined && !isPaced(camera)) errors.push(`${path}/intervalMs: a folder has its own pace`)
      if (own.gate !== undefined && own.gate !== null) {
        errors.push(...objectErrors(GateConfig, Value.Default(GateConfig, structuredClone(own.gate)), `${path}/gate`))
      }
    }
  }
  return errors
}

function fixed(settings: Record<string, unknown>, properties: object, path: string): string[] {
  const unknown = Object.keys(settings).filter((name) => !Object.hasOwn(properties, name))
  return unknown.map((name) => `${path}${name} cannot be changed while the agent runs: set it in its config file`)
}

function intervalErrors(settings: Record<string, unknown>, path: string): string[] {
  if (settings.intervalMs === undefined) return []
  return Value.Errors(intervalMs, settings.intervalMs).map(({ message }) => `${path}intervalMs ${message}`)
}
