import type { SensorStatus, Status } from '@ajar/protocol'
import type { CaptureLoop } from './capture/loop.ts'
import type { Intake } from './outbox/intake.ts'
import type { Outbox } from './outbox/outbox.ts'
import { VERSION } from './version.ts'

export type AgentStatus = Status & {
  state: 'online'
  outboxReadings: number
  outboxBytes: number
  /** Time of the oldest frame or reading that waits, milliseconds UTC; null where none does. */
  oldestWaitingMs: number | null
  /** Frames and readings that wait for the clock. */
  untimed: number
  parkedFrames: number
  refusedFrames: number
  ended: string[]
  fault: string | null
}

export interface StatusParts {
  outbox: Outbox
  intake: Intake
  /** The cameras by name. */
  captures: ReadonlyMap<string, CaptureLoop>
  /** The sensors by name. */
  sensors: Record<string, SensorStatus>
  /** Cameras that have no more pictures. */
  ended: Iterable<string>
  /** What an operator has to put right, in words, or null. */
  fault: string | null
  /** Of the processor, or null where nothing tells it. */
  temperatureC: number | null
}

/** What `ajar/{device}/status` says now. */
export function statusOf({ outbox, intake, captures, sensors, ended, fault, temperatureC }: StatusParts): AgentStatus {
  const loops = [...captures.values()]
  return {
    state: 'online',
    version: VERSION,
    cameras: [...captures.keys()],
    driver: [...new Set(loops.map(({ driver }) => driver))].join(',').slice(0, 64),
    captures: Object.fromEntries([...captures].map(([camera, { counts }]) => [camera, counts])),
    sensors,
    outboxFrames: outbox.frames,
    outboxReadings: outbox.readings,
    outboxBytes: outbox.bytes,
    droppedFrames: outbox.dropped,
    oldestWaitingMs: outbox.oldestMs,
    untimed: intake.untimed,
    parkedFrames: outbox.parked,
    refusedFrames: loops.reduce((sum, { refused }) => sum + refused, 0),
    ended: [...ended],
    fault,
    ...(temperatureC === null ? {} : { temperatureC }),
  }
}
