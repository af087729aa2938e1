import { isName, parseMilliseconds } from '@ajar/protocol'

export type Kind = 'frame' | 'reading'

/** What the outbox keeps: a frame or a reading. A camera and a sensor may have the same name. */
export interface Item {
  kind: Kind
  /** The camera or the sensor. */
  source: string
  /** Milliseconds since 1970 UTC; with device, kind and source the item's id. */
  atMs: number
}

/** What was taken before anybody vouched for the clock: the machine's boot and its monotonic clock tell when (guarantee 5). */
export interface Untimed {
  kind: Kind
  source: string
  /** The kernel's id of the boot it was taken in. */
  boot: string
  /** Whole milliseconds since that boot. */
  monotonicMs: number
}

/** An item that waits for the clock. */
export interface UntimedItem extends Untimed {
  readonly bytes: number
  /** Goes last when room is needed. */
  important: boolean
  /** Whether the name of its file says so yet. */
  marked: boolean
  /** Whether it was taken before the agent's start. */
  readonly earlier: boolean
}

/** A camera or a sensor. */
export interface Source {
  kind: Kind
  source: string
}

/** Names a source among all: cameras and sensors have names of their own. */
export function keyOf({ kind, source }: Source): string {
  return `${kind} ${source}`
}

/** An item in words, for log lines. */
export function nameOf(item: Item | Untimed): string {
  return `${item.source}/${'boot' in item ? `${item.monotonicMs} ms after boot` : item.atMs}`
}

/**
 * What a file of the outbox is: a whole item (`whole`), one that was never finished (`tmp`), the name of a source's newest item,
 * which itself is gone (`last`), or an item that was dropped in this generation and is not in the written counts yet (`gone`).
 */
export type Condition = 'whole' | 'tmp' | 'last' | { gone: number }

export interface NamedFile {
  item: Item | Untimed
  important: boolean
  condition: Condition
}

const EXTENSIONS = { frame: 'jpg', reading: 'json' } as const
/** The extension may lack: before there were readings, `cam.5.last` and `cam.5.tmp` were a frame's. */
const FILE = /^([a-z0-9-]+)\.(\d+)(?:@([0-9a-z-]+))?(\.important)?(?:\.(jpg|json))?(?:\.(tmp|last|gone(\d{1,15})))?$/

/**
 * `cam.1795286400000.jpg`, `cam.1795286400000.important.jpg`, `door.81523@BOOT-ID.json`, and with `.tmp`, `.last` or `.gone7`
 * behind it.
 */
export function fileName({ item, important, condition }: NamedFile): string {
  const when = 'boot' in item ? `${item.monotonicMs}@${item.boot}` : `${item.atMs}`
  const end = typeof condition === 'object' ? `.gone${condition.gone}` : condition === 'whole' ? '' : `.${condition}`
  return `${item.source}.${when}${important ? '.important' : ''}.${EXTENSIONS[item.kind]}${end}`
}

/** What a file is by its name, or null where it is none of the outbox's items. */
export function parseFileName(name: string): NamedFile | null {
  const [, source = '', time = '', boot, important, extension, end, generation] = FILE.exec(name) ?? []
  const ms = parseMilliseconds(time)
  if (!isName(source) || ms === null || (extension === undefined && end === undefined)) return null
  const kind: Kind = extension === 'json' ? 'reading' : 'frame'
  return {
    item: boot === undefined ? { kind, source, atMs: ms } : { kind, source, boot, monotonicMs: ms },
    important: important !== undefined,
    condition:
      generation === undefined ? ((end as 'tmp' | 'last' | undefined) ?? 'whole') : { gone: Number(generation) },
  }
}

/** Guarantee 5: the id of an item taken at this time, after `lastId`. Also when somebody sets the clock back, none is used twice. */
export function nextId(lastId: number, takenAtMs: number): number {
  return Math.max(Math.floor(takenAtMs), lastId + 1)
}
