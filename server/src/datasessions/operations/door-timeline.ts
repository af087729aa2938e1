import { clockIn, isoOf, TIME_ZONE } from '../drawing/clock.ts'
import { timelineChart } from '../drawing/timeline-chart.ts'
import { type Seen, spansOf, summaryOf } from '../measures/spans.ts'
import { told } from '../measures/told.ts'
import { type CameraThen, type InputFile, OperationError, operation } from '../operation.ts'

/** When a door was open, and for how long, from what was recorded as the frames came in. */
export const doorTimeline = operation({
  name: 'Door Timeline',
  description:
    'Draws when each camera’s door was in which state, from the results that were recorded with the frames: time in each ' +
    'state, how often it was opened, and the longest time open. Where frames are missing nothing is claimed.',
  category: 'analysis',
  inputs: {
    input_files: {
      name: 'Input Files',
      description: 'Frames of one camera or several; give all frames of the time that you ask about, best as a query.',
      type: 'fits',
      minimum: 1,
      maximum: 999,
    },
    open_state: {
      name: 'Open State',
      description: 'The state that counts as open.',
      type: 'string',
      default: 'open',
      maxLength: 64,
      required: false,
    },
    gap: {
      name: 'Longest Gap',
      description:
        'Seconds without a frame after which nothing is known of the door. Left out, it is five times the usual time between frames.',
      type: 'float',
      minimum: 0.001,
      maximum: 31_536_000,
      required: false,
    },
    frames: {
      name: 'Frames In A Row',
      description: 'A state counts from so many frames of it in a row: a single wrong one opens no door.',
      type: 'int',
      minimum: 1,
      maximum: 100,
      default: 1,
      required: false,
    },
    time_zone: TIME_ZONE,
  },
  dependsOn: ['recorded', 'cameras'],
  async perform({ input_files, open_state, gap, frames, time_zone }, work) {
    const clock = clockIn(time_zone)
    const cameras = seenBy(input_files)
    if (cameras.size === 0)
      throw new OperationError(
        'nothing_recorded',
        'no result was recorded with any of these files: take frames of a camera that has a model, once they are classified',
      )
    mustBeKnown(open_state, cameras, work.cameras ?? {})
    const lanes = [...cameras].map(([camera, seen]) => {
      const spans = spansOf(seen, { gapMs: gap === undefined ? null : gap * 1000, leastFrames: frames })
      return { camera, states: work.cameras?.[camera]?.states ?? [], spans, ...summaryOf(spans, open_state) }
    })
    await work.report(0.5)
    await work.table(
      'timeline',
      ['camera', 'state', 'from', 'to', 'seconds', 'frames'],
      lanes.flatMap(({ camera, spans }) =>
        spans.map(({ state, from, to, frames }) => [camera, state, isoOf(from), isoOf(to), (to - from) / 1000, frames]),
      ),
    )
    await work.picture('timeline-chart', await timelineChart(lanes, clock))
    await work.report(1)
    const without = input_files.filter((file) => !isSeen(file))
    const bodies = lanes.map(({ spans, states, ...lane }) => ({ ...lane, spans: spans.length }))
    const leftOut = without.map(({ basename }) => ({ basename, why: 'no result was recorded with it' }))
    work.data(told({ open_state }, bodies, leftOut))
  },
})

/** A state that no camera has is a slip of the pen: a chart without any opening would not tell it. */
function mustBeKnown(state: string, seen: Map<string, Seen[]>, cameras: Readonly<Record<string, CameraThen>>) {
  const states = new Set(
    [...seen].flatMap(([id, all]) => [...(cameras[id]?.states ?? []), ...all.map((one) => one.state)]),
  )
  states.delete('unknown')
  if (states.has(state) || states.size === 0) return
  throw new OperationError(
    'no_such_state',
    `no camera of these frames has a state ${state}: give one of ${[...states].sort().join(', ')} as Open State`,
  )
}

function isSeen(file: InputFile): boolean {
  return 'frame' in file.at && file.recorded !== null
}

function seenBy(files: readonly InputFile[]): Map<string, Seen[]> {
  const cameras = new Map<string, Seen[]>()
  for (const { at, recorded } of files) {
    if (!('frame' in at) || !recorded) continue
    const seen = cameras.get(at.frame.camera) ?? []
    seen.push({ at: at.frame.capturedAt, state: recorded.state })
    cameras.set(at.frame.camera, seen)
  }
  for (const seen of cameras.values()) seen.sort((a, b) => a.at - b.at)
  return new Map([...cameras].sort(([a], [b]) => (a < b ? -1 : 1)))
}
