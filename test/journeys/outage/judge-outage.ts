import type { Kept } from '../kept.ts'
import { judge } from '../verdict.ts'
import type { Sent, Wire } from '../wire.ts'
import type { DoorState } from './ip-camera.ts'

/** Everything that was seen of an outage; times are milliseconds UTC by the agent's clock. */
export interface Seen {
  device: string
  cameras: string[]
  kept: Kept
  wire: Pick<Wire, 'sent' | 'acknowledged'>
  /** How many packets went over the wire before the server came back. */
  firstAfter: number
  /** Readings that the server has, as `device/sensor/atMs`. */
  readings: string[]
  /** Frames and readings that were durable in the outbox at any time, those that were dropped, and those there at the end. */
  captured: Set<string>
  dropped: Set<string>
  waiting: Set<string>
  /** How many the agent says it has dropped since its outbox was made. */
  agentCounts: number
  /** What a watcher of the states was told since the server came back. */
  states: { topic: string; payload: { state: string; frame: string | null } }[]
  lostAtMs: number
  foundAtMs: number
  /** When the door moved, to which state. */
  changes: { at: number; state: DoorState }[]
  /** When the agent was killed or had a wrong clock: then it may miss a change, or call it another time. */
  disturbed: { fromMs: number; toMs: number }[]
  /** What the server says in the end that the doors did. */
  transitions: Map<string, { at: number; state: string }[]>
}

export interface OutageVerdict {
  /** Frames and readings. */
  captured: number
  arrived: number
  dropped: number
  readings: number
  sentAgain: number
  /** States that a watcher was told after the outage. */
  states: number
  /** Moves of the door in the outage that the agent could see and whose time it knew, of all cameras together. */
  changes: number
  /** Frames around them. */
  important: number
  broken: string[]
}

/** A change is noticed with the next frame, and five seconds on both sides of that are important. */
const SURELY_BEFORE_MS = 2000
const SURELY_AFTER_MS = 4000
/** A disturbance spoils the changes so close to it. */
const SPOILS_MS = 10_000

export function judgeOutage(seen: Seen): OutageVerdict {
  const { device, cameras, kept, wire, captured, dropped, waiting } = seen
  const arrived = new Set([
    ...kept.frames.map(({ id }) => itemOf(id, 'frame')),
    ...seen.readings.map((id) => itemOf(id, 'reading')),
  ])
  const acknowledged = new Set(wire.acknowledged.map(({ topic }) => topic.slice(`ajar/${device}/`.length)))
  const isDropped = ({ topic }: Sent) => dropped.has(topic.slice(`ajar/${device}/`.length))
  // Of what was on the wire as the server went the agent knows nothing, so it may have dropped it since.
  const { broken, sentAgain } = judge(
    {
      sent: wire.sent.filter((sent) => !isDropped(sent) || arrived.has(sent.topic.slice(`ajar/${device}/`.length))),
      acknowledged: [...wire.acknowledged, ...wire.sent.filter(isDropped)].filter(
        (sent) => !isDropped(sent) || arrived.has(sent.topic.slice(`ajar/${device}/`.length)),
      ),
    },
    kept,
  )
  for (const item of arrived) if (!captured.has(item)) broken.push(`${item} arrived and was never in the outbox`)
  for (const item of captured) {
    if (!arrived.has(item) && !waiting.has(item) && !dropped.has(item))
      broken.push(`${item} is gone and was not dropped`)
    if (dropped.has(item) && acknowledged.has(item)) broken.push(`${item} was acknowledged and dropped`)
  }
  if (dropped.size !== seen.agentCounts)
    broken.push(`${dropped.size} were dropped, the agent counts ${seen.agentCounts}`)
  broken.push(...cameras.flatMap((camera) => judgeOrder(seen, camera)), ...judgeStates(seen))

  const changes = seen.changes.filter(({ at }) => isUndisturbed(seen, at))
  let important = 0
  for (const camera of cameras) {
    const prefix = `${camera}/frame/`
    const times = [...captured]
      .filter((item) => item.startsWith(prefix))
      .map((item) => Number(item.slice(prefix.length)))
    for (const { at, state } of changes) {
      const around = times.filter((time) => time >= at - SURELY_BEFORE_MS && time <= at + SURELY_AFTER_MS)
      important += around.length
      const lost = around.filter((time) => !arrived.has(`${prefix}${time}`))
      if (lost.length > 0) broken.push(`${lost.length} frames of ${camera} around ${at} are gone: ${lost}`)
      const known = (seen.transitions.get(camera) ?? []).some(
        (one) => one.state === state && Math.abs(one.at - at) <= SURELY_AFTER_MS,
      )
      if (!known) broken.push(`${camera} was ${state} from ${at} on, and no transition says so`)
    }
  }
  return {
    captured: captured.size,
    arrived: arrived.size,
    dropped: dropped.size,
    readings: seen.readings.length,
    sentAgain,
    states: seen.states.length,
    changes: changes.length * cameras.length,
    important,
    broken,
  }
}

/** What the outbox calls it, by `device/source/ms`. */
function itemOf(id: string, kind: 'frame' | 'reading'): string {
  const [, source, time] = id.split('/')
  return `${source}/${kind}/${time}`
}

function isUndisturbed({ disturbed, lostAtMs, foundAtMs }: Seen, at: number): boolean {
  if (at < lostAtMs + SPOILS_MS || at > foundAtMs - SPOILS_MS) return false
  return disturbed.every(({ fromMs, toMs }) => at < fromMs - SPOILS_MS || at > toMs + SPOILS_MS)
}

/** What is new may overtake; the backlog itself goes in the order in which it was taken. */
function judgeOrder({ wire, firstAfter, device }: Seen, camera: string): string[] {
  const times = timesOf(wire.sent.slice(firstAfter), `ajar/${device}/${camera}/frame/`)
  let newest = 0
  let last = 0
  for (const time of times) {
    if (time > newest) {
      newest = time
      continue
    }
    if (time < last) return [`${camera}/${time} was sent after ${last}, and both waited`]
    last = time
  }
  return []
}

/** When they were taken, in the order in which they were sent for the first time. */
function timesOf(sent: Sent[], prefix: string): Set<number> {
  return new Set(
    sent.filter(({ topic }) => topic.startsWith(prefix)).map(({ topic }) => Number(topic.slice(prefix.length))),
  )
}

/** A late frame never moves a state: what is told is of ever newer frames, and the doors stand open. */
function judgeStates({ states, foundAtMs }: Seen): string[] {
  const broken: string[] = []
  const newest = new Map<string, number>()
  for (const { topic, payload } of states) {
    const at = Number(payload.frame?.split('/')[2] ?? 0)
    if (at === 0) continue
    if (at < (newest.get(topic) ?? 0)) broken.push(`${topic} went back to the frame of ${at}`)
    newest.set(topic, Math.max(at, newest.get(topic) ?? 0))
    if (newest.get(topic) === at && at > foundAtMs - 60_000 && payload.state !== 'open')
      broken.push(`${topic} is ${payload.state} at ${at}, and the door stands open`)
  }
  return broken
}
