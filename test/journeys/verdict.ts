import type { Kept } from './kept.ts'
import type { Sent } from './wire.ts'

/** What became of the frames that went over a wire. */
export interface Verdict {
  /** Different frames that went over the wire, and how many packets sent one of them again. */
  sent: number
  sentAgain: number
  acknowledged: number
  stored: number
  /** Every promise that was broken, in words. */
  broken: string[]
}

/** Holds what is on the disk against what a witness saw on the wire, once everybody was done. */
export function judge(wire: { sent: Sent[]; acknowledged: Sent[] }, kept: Kept): Verdict {
  const sent = byId(wire.sent)
  const acknowledged = byId(wire.acknowledged)
  const stored = new Map(kept.frames.map(({ id, sha256 }) => [id, sha256]))
  const outcomes = new Map(kept.ended.map(({ id, outcome }) => [id, outcome]))
  const results = new Set(kept.results)
  const broken: string[] = []
  const demand = (holds: boolean, text: string) => holds || broken.push(text)
  demand(stored.size === kept.frames.length, `${kept.frames.length - stored.size} frames are stored twice`)
  demand(results.size === kept.results.length, `${kept.results.length - results.size} frames have two results`)
  for (const [id, { sha256 }] of acknowledged)
    demand(stored.get(id) === sha256, `${id} was acknowledged and is not kept`)
  for (const [id, { sha256 }] of sent)
    demand(stored.get(id) === sha256, `${id} was sent and is not kept as it was sent`)
  for (const id of sent.keys()) demand(acknowledged.has(id), `${id} was never acknowledged`)
  for (const id of stored.keys()) {
    demand(sent.has(id), `${id} is kept and was never sent`)
    demand(outcomes.get(id) === 'classified', `${id} ended as ${outcomes.get(id) ?? 'nothing'}`)
    demand(results.has(id), `${id} has no result`)
  }
  for (const id of outcomes.keys()) demand(stored.has(id), `${id} ended and is not kept`)
  for (const id of kept.pending) broken.push(`${id} is still pending`)
  return {
    sent: sent.size,
    sentAgain: framesOf(wire.sent).length - sent.size,
    acknowledged: acknowledged.size,
    stored: stored.size,
    broken,
  }
}

/** Statuses go over the wire too. */
function framesOf(sent: Sent[]): Sent[] {
  return sent.filter(({ topic }) => topic.includes('/frame/'))
}

/** Frames by their id, `device/camera/capturedAtMs`. */
function byId(sent: Sent[]): Map<string, Sent> {
  return new Map(framesOf(sent).map((frame) => [frame.topic.replace(/^ajar\//, '').replace('/frame/', '/'), frame]))
}
