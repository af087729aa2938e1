/**
 * Reads what strace wrote (`-f -y -xx -ttt`) and finds, for one frame, when its bytes were safe from a power cut and when its
 * PUBACK was written. A position is a line of the trace: strace writes lines in the order in which things happened.
 */
export interface TracedCall {
  call: string
  /** What the file descriptor leads to: a file's path or `socket:[...]`. */
  target: string
  /** Bytes that were handed over, in hexadecimal digits. */
  data: string
  began: number
  /** Where it had returned with success, or null. */
  returned: number | null
}

/** `12 1690.1 write(5</path>, "\x40", 1) = 1`, or the same in two lines where another thread came between. */
const LINE =
  /^(?<thread>\d+) +[\d.]+ (?:<\.\.\. (?<resumed>\w+) resumed>|(?<call>\w+)\(\d+<(?<target>[^>]*)>)(?<rest>.*)$/
const SUCCEEDED = /\) += \d+$/

export function readTrace(text: string): TracedCall[] {
  const calls: TracedCall[] = []
  const unfinished = new Map<string, TracedCall>()
  for (const [position, line] of text.split('\n').entries()) {
    const { thread, resumed, call, target, rest } = LINE.exec(line)?.groups ?? {}
    if (thread === undefined || rest === undefined) continue
    const succeeded = SUCCEEDED.test(rest) ? position : null
    if (resumed !== undefined) {
      const waiting = unfinished.get(thread)
      if (waiting?.call === resumed) waiting.returned = succeeded
      unfinished.delete(thread)
    } else if (call !== undefined && target !== undefined) {
      const data = [...rest.matchAll(/\\x([0-9a-f]{2})/g)].map(([, byte]) => byte).join('')
      const made: TracedCall = { call, target: unescaped(target), data, began: position, returned: succeeded }
      calls.push(made)
      if (rest.endsWith('<unfinished ...>')) unfinished.set(thread, made)
    }
  }
  return calls
}

/** Where the frame whose bytes hold `marker` was first safe, or null: written to a database file and the commit synced. */
export function whenDurable(calls: TracedCall[], marker: string): number | null {
  const written = calls.find(({ target, data }) => !target.startsWith('socket:') && data.includes(hex(marker)))
  if (!written) return null
  const synced = whenSynced(calls, written.target, written.began)
  if (synced === null || written.target.endsWith('-wal')) return synced
  // With a rollback journal (https://sqlite.org/atomiccommit.html, 3.11) the commit is the end of the journal: until that is
  // on the disk too, the next start takes the frame back.
  const journal = `${written.target}-journal`
  const ended = calls.find(({ target, data, began }) => target === journal && data !== '' && began > synced)
  return ended ? whenSynced(calls, journal, ended.began) : null
}

/** Where the PUBACK of this packet id began to be written (MQTT 3.1.1, section 3.4), or null. */
export function whenAcknowledged(calls: TracedCall[], packetId: number): number | null {
  const puback = `4002${packetId.toString(16).padStart(4, '0')}`
  return calls.find(({ target, data }) => target.startsWith('socket:') && data.startsWith(puback))?.began ?? null
}

/** A sync covers what was written before it began. */
function whenSynced(calls: TracedCall[], path: string, since: number): number | null {
  const sync = calls.find(
    ({ call, target, began, returned }) =>
      (call === 'fdatasync' || call === 'fsync') && target === path && began > since && returned !== null,
  )
  return sync?.returned ?? null
}

/** With `-xx` strace writes paths, too, as `\x2f\x64`. */
function unescaped(text: string): string {
  return text.replace(/\\x([0-9a-f]{2})/g, (_, byte: string) => String.fromCharCode(Number.parseInt(byte, 16)))
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex')
}
