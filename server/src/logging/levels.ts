import type { Logger } from 'pino'

export type Log = Logger

/** From the least to the most important; `silent` is none at all. */
export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type Level = (typeof LEVELS)[number]

/** The parts of the server that have a level of their own. */
export const COMPONENTS = [
  'server',
  'http',
  'broker',
  'ingest',
  'classify',
  'record',
  'observe',
  'influx',
  'devices',
  'retention',
  'alerts',
  'jobs',
  'laboratory',
  'programs',
  'training',
  'worker',
  'tls',
  'processes',
  'releases',
  'legacy',
  'logging',
] as const
export type Component = (typeof COMPONENTS)[number]

export function isComponent(name: string): name is Component {
  return (COMPONENTS as readonly string[]).includes(name)
}

export function isAtLeast(level: Level, least: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least)
}

/** The level of each component: its own, or the one that holds for all that have none. */
export class Levels {
  readonly #loggers: Record<Component, Logger>
  readonly #own = new Map<Component, Level>()
  #general: Level

  constructor(root: Logger, general: Level) {
    this.#general = general
    this.#loggers = Object.fromEntries(COMPONENTS.map((component) => [component, root.child({ component })])) as Record<
      Component,
      Logger
    >
    this.#apply()
  }

  of(component: Component): Logger {
    return this.#loggers[component]
  }

  get general(): Level {
    return this.#general
  }

  /** null for a component that follows the general level. */
  get own(): Record<Component, Level | null> {
    return Object.fromEntries(COMPONENTS.map((component) => [component, this.#own.get(component) ?? null])) as Record<
      Component,
      Level | null
    >
  }

  set(general: Level | undefined, own: Partial<Record<Component, Level | null>>) {
    this.#general = general ?? this.#general
    for (const [component, level] of Object.entries(own) as [Component, Level | null][]) {
      if (level === null) this.#own.delete(component)
      else this.#own.set(component, level)
    }
    this.#apply()
  }

  #apply() {
    for (const component of COMPONENTS) this.#loggers[component].level = this.#own.get(component) ?? this.#general
  }
}
