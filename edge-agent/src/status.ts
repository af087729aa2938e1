import { MOST_STATUS_BYTES, type SensorStatus, type Status } from '@ajar/protocol'
import type { CaptureLoop } from './capture/loop.ts'
import type { Intake } from './outbox/intake.ts'
import type { Outbox } from './outbox/outbox.ts'
import { VERSION } from './version.ts'

/** To so many characters faults are cut, to the first of these with which the server keeps the status. */
const FAULT_LENGTHS = [256, 96, 32, 12]

export type AgentStatus = Status & {
  state: 'online'
  startedAtMs: number
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
  /** When the agent started, milliseconds UTC, by the clock as it is set now. */
  startedAtMs: number
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
export function statusOf(parts: StatusParts): AgentStatus {
  const { startedAtMs, outbox, intake, captures, sensors, ended, fault, temperatureC } = parts
  const loops = [...captures.values()]
  return shortened({
    state: 'online',
    version: VERSION,
    startedAtMs: Math.max(0, Math.round(startedAtMs)),
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
  })
}

/** 64 cameras and 64 sensors that all fail have more to tell than the server keeps: it would know none of them then. */
function shortened(status: AgentStatus): AgentStatus {
  let short = status
  for (const length of FAULT_LENGTHS) {
    const cut = (text: string | null) => text?.slice(0, length) ?? null
    short = {
      ...status,
      fault: status.fault?.slice(0, 4 * length) ?? null,
      captures: withFaults(status.captures, cut),
      sensors: withFaults(status.sensors, cut),
    }
    if (Buffer.byteLength(JSON.stringify(short)) <= MOST_STATUS_BYTES) break
  }
  return short
}

function withFaults<Said extends { fault?: string | null }>(
  all: Record<string, Said> = {},
  cut: (text: string | null) => string | null,
): Record<string, Said> {
  return Object.fromEntries(
    Object.entries(all).map(([name, said]) => [name, { ...said, fault: cut(said.fault ?? null) }]),
  )
}
