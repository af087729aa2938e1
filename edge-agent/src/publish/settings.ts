import { type ConfigApplied, ConfigDesired } from '@ajar/protocol'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'

/** What the server may change of a running agent; what is left out is as the config file says. */
export const Settings = Type.Object(
  {
    intervalMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400_000 })),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>

/**
 * Answers one message of `config/desired`. `apply` makes the agent follow the settings and returns what it could not
 * do, in words. Null where the message has no version to answer to.
 */
export async function applyDesired(
  payload: Uint8Array,
  apply: (settings: Settings) => Promise<string[]>,
): Promise<ConfigApplied | null> {
  const desired = parse(payload)
  if (!Value.Check(ConfigDesired, desired)) return null
  const { version, settings } = desired
  if (!Value.Check(Settings, settings)) return { version, ok: false, errors: whyNot(settings) }
  const errors = await apply(settings)
  return { version, ok: errors.length === 0, errors }
}

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return null
  }
}

/** At most 64 errors of at most 1,024 characters: what `config/applied` may hold. */
function whyNot(settings: Record<string, unknown>): string[] {
  const known = Object.keys(Settings.properties)
  const unknown = Object.keys(settings).filter((name) => !known.includes(name))
  const wrong = Value.Errors(Settings, settings).filter(({ keyword }) => !/boolean|additionalProperties/.test(keyword))
  return [
    ...unknown.map((name) => `${name} cannot be changed while the agent runs: set it in its config file`),
    ...wrong.map(({ instancePath, message }) => `${instancePath.slice(1)} ${message}`),
  ]
    .slice(0, 64)
    .map((error) => error.slice(0, 1024))
}
