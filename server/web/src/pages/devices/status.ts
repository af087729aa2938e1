import { serverNow } from '../../design/clock.ts'
import { amount, counted, shortTime, timeOfDay } from '../../design/words.ts'

/** What an agent says of itself, in words. */
export interface Fact {
  name: string
  value: string
  /** Somebody should look at it. */
  isWorrying: boolean
}

type Status = Record<string, unknown> | null

/** A Pi slows itself down from 80 °C on. */
const HOT_C = 75
/** More than these do not wait while the server is there. */
const MANY_FRAMES = 100
const MANY_READINGS = 1000

/** @param status the payload of `ajar/{device}/status`; agents may say less, or more, than is known here */
export function factsOf(status: Status): Fact[] {
  if (!status) return []
  const { outboxFrames, outboxReadings, oldestWaitingMs, untimed, parkedFrames, droppedFrames } = status
  const { temperatureC, version, fault } = status
  // Where it says by what each camera's pictures are taken, that stands beside the camera.
  const driver = status.captures ? null : status.driver
  // Those that keep readings too count both together.
  const lost = typeof outboxReadings === 'number' ? 'frames and readings' : 'frames'
  const isBehind = Number(outboxFrames) > MANY_FRAMES || Number(outboxReadings) > MANY_READINGS
  const facts: Fact[] = []
  const add = (name: string, value: string, isWorrying = false) => facts.push({ name, value, isWorrying })
  if (typeof outboxFrames === 'number')
    add('Waiting on the Pi', counted(outboxFrames, 'frame'), outboxFrames > MANY_FRAMES)
  if (isSome(outboxReadings)) add('Readings waiting there', amount(outboxReadings), outboxReadings > MANY_READINGS)
  if (isBehind && isSome(oldestWaitingMs)) add('They wait since', timeOfDay(oldestWaitingMs), true)
  if (isSome(untimed)) add('Waits for the clock', counted(untimed, 'picture or reading', 'pictures and readings'), true)
  if (isSome(parkedFrames)) add('Set aside there', counted(parkedFrames, 'frame'), true)
  if (typeof droppedFrames === 'number')
    add(
      'Dropped there in all',
      droppedFrames === 0 ? 'nothing' : counted(droppedFrames, 'frame', lost),
      droppedFrames > 0,
    )
  if (typeof temperatureC === 'number') add('Temperature', `${Math.round(temperatureC)} °C`, temperatureC >= HOT_C)
  if (typeof fault === 'string') add('Trouble', fault, true)
  if (typeof version === 'string') add('Agent', typeof driver === 'string' ? `${version}, ${driver}` : version)
  return facts
}

/** What became of a camera's pictures. */
export interface Counts {
  driver: string | null
  captured: number
  gated: number
  sent: number
  dropped: number
}

/** What the agent counts of a camera, or null where it says nothing of it. */
export function countsOf(status: Status, camera: string): Counts | null {
  const captures = status?.captures as Record<string, Counts> | null | undefined
  return captures?.[camera] ?? null
}

/** `since 07:12: 1,204 taken, 1,100 unchanged and not sent, 104 sent; 0 dropped in all` */
export function countsInWords({ captured, gated, sent, dropped }: Counts, status: Status = null): string {
  const unchanged = gated > 0 ? `${amount(gated)} unchanged and not sent, ` : ''
  const ofThisRun = `${startOf(status)}${amount(captured)} taken, ${unchanged}${amount(sent)} sent`
  return `${ofThisRun}; ${amount(dropped)} dropped in all`
}

/** An agent counts from its start on, but what it dropped as long as it has its outbox; older ones say no start. */
function startOf(status: Status): string {
  const at = status?.startedAtMs
  if (typeof at !== 'number') return ''
  const isToday = new Date(at).toDateString() === new Date(serverNow()).toDateString()
  return `since ${isToday ? shortTime(at) : timeOfDay(at)}: `
}

/** Cameras as the agent calls them, or null where it does not say: it is offline, or it is no agent. */
export function camerasOf(status: Status): string[] | null {
  return Array.isArray(status?.cameras) ? (status.cameras as string[]) : null
}

function isSome(count: unknown): count is number {
  return typeof count === 'number' && count > 0
}
