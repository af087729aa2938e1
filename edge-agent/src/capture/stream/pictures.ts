import { instantOf } from '../../clock.ts'
import { AgentError } from '../../failure.ts'
import { worthALine } from '../../log.ts'
import { letGo } from '../../memory.ts'
import { Wakeup } from '../../wakeup.ts'
import type { DriverContext, Picture } from '../driver.ts'
import { Child, type Program } from './child.ts'
import { JpegSplitter } from './splitter.ts'

/** A picture may be so many times larger than one that is sent: the capture loop counts and tells of those. */
const LARGEST = 4
/** Pictures that were held up come in a row: the newest is taken when so long no further one has come, */
const SETTLE_MS = 20
/** or, where they come that fast all the time, so long after the first. */
const SETTLE_LIMIT_MS = 100
/** A camera takes up to 7 s to start, and a small Pi has other things to do. */
const START_MS = 15_000

export interface StreamPace {
  /** Between two pictures, ms. */
  intervalMs: number
  /** Without a whole picture for so long, ms, the program counts as stalled; the first one has 15 s at least. */
  stallMs: number
}

/**
 * Runs a program that writes JPEGs to its standard output without an end, and yields the newest each `intervalMs`. All that it
 * writes is read at once, so that no old pictures pile up in between. `takenAt` is when the first byte came: of all that can
 * be seen here it is the nearest to the exposure.
 *
 * Throws `camera_ended` when the program ends, `camera_missing` when there is none, `camera_stalled` when it gives no
 * picture for `stallMs`. The program is gone when the iteration is over.
 */
export async function* streamPictures(
  program: Program,
  { intervalMs, stallMs }: StreamPace,
  context: DriverContext,
): AsyncGenerator<Picture> {
  const { clock, signal, log } = context
  if (signal.aborted) return
  const news = new Wakeup()
  let newest: Picture | null = null
  let seenAt = clock.monotonic()
  let waitsSince = seenAt
  let limitMs = Math.max(stallMs, START_MS)
  let bytes = 0
  const child = new Child(program)
  const splitter = new JpegSplitter({
    maxBytes: context.maxFrameBytes * LARGEST,
    onPicture: (jpeg, takenAt) => {
      seenAt = clock.monotonic()
      limitMs = stallMs
      if (newest === null) waitsSince = seenAt
      else letGo(newest.jpeg)
      newest = { jpeg, takenAt, source: null }
      news.ring()
    },
  })
  child.stdout.on('data', (chunk: Buffer) => {
    const before = splitter.broken
    bytes += chunk.byteLength
    splitter.push(chunk, instantOf(clock))
    letGo(chunk) // the splitter has copied it
    if (splitter.broken > before && worthALine(splitter.broken)) {
      log.warn(`${program.name}: ${splitter.broken} pictures so far were not whole or too large, and are left out`)
    }
  })
  let end: string | null = null
  void child.ended.then((reason) => {
    end = reason
    news.ring()
  })
  const taken = () => {
    const picture = newest
    newest = null
    return picture
  }
  try {
    let due = clock.monotonic()
    let overdue = false
    while (!signal.aborted) {
      const now = clock.monotonic()
      const settles = Math.min(seenAt + Math.min(SETTLE_MS, intervalMs / 2), waitsSince + SETTLE_LIMIT_MS)
      const waits = newest !== null
      if (waits && (end !== null || (now >= due && now >= settles))) {
        due = Math.max(due + intervalMs, now)
        const picture = taken()
        if (picture) yield picture
      } else if (end !== null) {
        throw new AgentError(child.missing ? 'camera_missing' : 'camera_ended', 'environment', end)
      } else if (!waits && now >= seenAt + limitMs) {
        // This process itself may have stood still: what has come meanwhile is read first.
        if (overdue) throw stalled(child, limitMs, bytes, splitter)
        overdue = true
        await clock.sleep(1, signal)
        continue
      } else {
        await news.waitFor((waits ? Math.max(due, settles) : seenAt + limitMs) - now, context)
      }
      overdue = false
    }
  } finally {
    await child.kill()
  }
}

function stalled(child: Child, limitMs: number, bytes: number, { broken }: JpegSplitter): AgentError {
  const among = broken === 0 ? '' : `, ${broken} broken pictures among them`
  const came = bytes === 0 ? 'nothing came' : `${bytes} bytes came${among}`
  const text = child.complaint(`gave no whole picture for ${limitMs / 1000} s (${came})`)
  return new AgentError('camera_stalled', 'environment', text)
}
