import { NAME_PATTERN } from '@ajar/protocol'
import { type Static, type TObject, Type } from 'typebox'
import type { Clock, Instant } from '../clock.ts'
import type { Log } from '../log.ts'
import { GateConfig } from './gate/config.ts'

/** One picture as a driver hands it over; the capture loop makes a frame of it. */
export interface Picture {
  /** A whole JPEG, nobody else's: the capture loop gives its memory back when it is kept. */
  jpeg: Uint8Array
  /** When it was taken, by the agent's clocks (`instantOf`). */
  takenAt: Instant
  /** Where it came from (a file's path), for whoever follows a replay; null where there is nothing to say. */
  source: string | null
}

/** What a driver may use. */
export interface DriverContext {
  clock: Clock
  log: Log
  /** Aborts when the camera shall stop; the driver's iteration then ends. */
  signal: AbortSignal
  /**
   * Resolves when the outbox is short (or `signal` aborted). For drivers that lose nothing by waiting; a live camera
   * goes on instead and lets the outbox drop its oldest frames.
   */
  room: () => Promise<void>
  /** The capture loop refuses larger pictures, bytes: what a driver may hold in memory goes by it. */
  maxFrameBytes: number
  /** Tells which driver really runs, where another one chose it (`auto`). */
  report: (driver: string) => void
  /** The driver that really ran when this camera's last picture came, as `report` told; null where none came since the start. */
  lastDriver: string | null
}

/** The fields every camera of the config file has; a driver's schema adds its own. */
export const cameraFields = {
  name: Type.String({
    pattern: NAME_PATTERN,
    examples: ['cam'],
    description: 'name of the camera: the frames are `device/name/...`',
  }),
  intervalMs: Type.Integer({
    minimum: 1,
    maximum: 86_400_000,
    default: 1000,
    description: 'time between two pictures',
  }),
  /** `{}` has every default; left out, every picture is sent. */
  gate: Type.Optional(GateConfig),
}

/** One way to get pictures. A new one is a file in `drivers/` and a line in `drivers.ts`. */
export interface Driver<Schema extends TObject> {
  name: string
  /** The camera's entry in the config file. */
  config: Schema
  /** Whether `intervalMs` alone sets the pace, so that the server may change it. */
  pacedByInterval: boolean
  /**
   * Why this driver cannot be used here and now (a program is missing, no camera is connected), in words that say what to
   * do; null where it can. Answers within seconds and takes no picture. `auto` asks.
   */
  probe?(config: Static<Schema>): Promise<string | null>
  /** Pictures until there are no more (the iteration ends), something fails (it throws), or `signal` aborts. */
  open(config: Static<Schema>, context: DriverContext): AsyncIterable<Picture>
}

/** Checks a driver's parts against each other; returns it as it is. */
export function driver<Schema extends TObject>(parts: Driver<Schema>): Driver<Schema> {
  return parts
}
