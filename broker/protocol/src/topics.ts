import type { CameraRef, FrameRef, ReadingRef } from './names.ts'

/** Who may publish a topic: the device named in it, or only the server. */
export type Publisher = 'device' | 'server'

export interface TopicRule {
  /** Levels after `ajar/{device}/`; a name in braces matches one level. */
  pattern: string
  kind: TopicKind
  publisher: Publisher
  /** The server keeps the last message for those who subscribe later. */
  retained: boolean
  /** Frames go to ingest and to nobody else. */
  subscribable: boolean
}

export type TopicKind =
  | 'status'
  | 'frame'
  | 'reading'
  | 'state'
  | 'config-desired'
  | 'config-applied'
  | 'rejected'
  | 'alert'

/** Every topic there is; the broker's access rules are derived from this table. */
export const TOPICS: readonly TopicRule[] = [
  { pattern: 'status', kind: 'status', publisher: 'device', retained: true, subscribable: true },
  { pattern: 'rejected', kind: 'rejected', publisher: 'server', retained: false, subscribable: true },
  { pattern: 'config/desired', kind: 'config-desired', publisher: 'server', retained: true, subscribable: true },
  { pattern: 'config/applied', kind: 'config-applied', publisher: 'device', retained: true, subscribable: true },
  { pattern: '{camera}/frame', kind: 'frame', publisher: 'device', retained: false, subscribable: false },
  { pattern: '{camera}/frame/{ms}', kind: 'frame', publisher: 'device', retained: false, subscribable: false },
  { pattern: '{sensor}/reading', kind: 'reading', publisher: 'device', retained: false, subscribable: true },
  { pattern: '{sensor}/reading/{ms}', kind: 'reading', publisher: 'device', retained: false, subscribable: true },
  { pattern: '{camera}/state', kind: 'state', publisher: 'server', retained: true, subscribable: true },
  // The last: a camera may be called `alert`, and ids of rules are longer than any of the words above.
  { pattern: '{camera}/alert/{rule}', kind: 'alert', publisher: 'server', retained: true, subscribable: true },
  { pattern: 'alert/{rule}', kind: 'alert', publisher: 'server', retained: true, subscribable: true },
]

/** A topic taken apart. Names and times are as they came: the step that uses them judges them. */
export interface Topic {
  rule: TopicRule
  device: string
  /** Camera or sensor, where the topic has one. */
  source: string | null
  /** The last level of a frame or reading topic, where it was given; of an alert of a camera it is the rule. */
  time: string | null
}

/** The topic's parts, or null where it is none of ours. */
export function parseTopic(topic: string): Topic | null {
  const [root, device, ...levels] = topic.split('/')
  if (root !== 'ajar' || !device) return null
  for (const rule of TOPICS) {
    const parts = rule.pattern.split('/')
    if (parts.length !== levels.length) continue
    if (!parts.every((part, i) => part.startsWith('{') || part === levels[i])) continue
    const named = parts[0]?.startsWith('{') ?? false
    return { rule, device, source: named ? (levels[0] ?? null) : null, time: levels[2] ?? null }
  }
  return null
}

export const topics = {
  status: (device: string) => `ajar/${device}/status`,
  rejected: (device: string) => `ajar/${device}/rejected`,
  configDesired: (device: string) => `ajar/${device}/config/desired`,
  configApplied: (device: string) => `ajar/${device}/config/applied`,
  frame: ({ device, camera, capturedAtMs }: FrameRef) => `ajar/${device}/${camera}/frame/${capturedAtMs}`,
  reading: ({ device, sensor, atMs }: ReadingRef) => `ajar/${device}/${sensor}/reading/${atMs}`,
  state: ({ device, camera }: CameraRef) => `ajar/${device}/${camera}/state`,
  /** @param subject the camera `device/camera`, the device, or `server` */
  alert: (subject: string, rule: string) => `ajar/${subject}/alert/${rule}`,
} as const
