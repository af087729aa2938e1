import { closeSync, fchmodSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Socket } from 'node:net'

/** One end for whoever is started, by descriptor; the other is ours. */
export interface PipeEnd {
  theirs: number
  ours: Socket
}

/** What the C library does with descriptors and for processes, and node does not. */
export interface Descriptors {
  /** A pipe of the kernel. What node makes are sockets, which nobody can open as `/dev/stdout`. @throws where there are too many */
  pipe(who: 'writes' | 'reads'): PipeEnd
  /** Has all of ours but the first three be closed in whatever is started: some came from whoever started us. @throws */
  keepToOurselves(): void
  /** Has a process, and all that it starts from then on, have disks when nobody else wants them. Without effect where it ended. */
  makeIdleForDisks(pid: number): void
}

const O_CLOEXEC = 0o2000000
const CLOSE_RANGE_CLOEXEC = 4
const ALL = 0xffffffff
/** ioprio_set(2), which the C library has no function for. */
const IOPRIO_SET: Partial<Record<NodeJS.Architecture, number>> = { x64: 251, arm64: 30 }
const IOPRIO_WHO_PROCESS = 1
const IOPRIO_IDLE = 3 << 13

let loaded: Descriptors | undefined

/** @throws where koffi does not load, or there is no close_range(2) that does this: Linux 5.11, glibc 2.34 */
export function descriptors(): Descriptors {
  loaded ??= load()
  return loaded
}

function load(): Descriptors {
  // Loaded here, not imported: only boxes need it, and it has no binary for every machine.
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi')
  const library = koffi.load(null)
  const pipe2 = library.func('int pipe2(_Out_ int *ends, int flags)')
  const closeRange = library.func('int close_range(unsigned int first, unsigned int last, int flags)')
  const syscall = library.func('long syscall(long number, long first, long second, long third)')
  const ioprioSet = IOPRIO_SET[process.arch]
  const keepToOurselves = () => {
    const isDone = closeRange(3, ALL, CLOSE_RANGE_CLOEXEC) === 0
    if (!isDone) throw new Error(`descriptors cannot be kept from what is started (errno ${koffi.errno()})`)
  }
  keepToOurselves()
  return {
    pipe(who) {
      const ends: [number, number] = [0, 0]
      if (pipe2(ends, O_CLOEXEC) < 0) throw new Error(`no pipe can be had (errno ${koffi.errno()})`)
      const [theirs, own] = who === 'writes' ? [ends[1], ends[0]] : ends
      // It belongs to us, and is to be opened by another user; nobody finds it but whoever has it.
      fchmodSync(theirs, 0o666)
      const isRead = who === 'writes'
      return { theirs, ours: new Socket({ fd: own, readable: isRead, writable: !isRead }) }
    },
    keepToOurselves,
    makeIdleForDisks(pid) {
      if (ioprioSet !== undefined) syscall(ioprioSet, IOPRIO_WHO_PROCESS, pid, IOPRIO_IDLE)
    },
  }
}

/** Once whoever was started has them. */
export function closeTheirs(ends: readonly PipeEnd[]): void {
  for (const { theirs } of ends) closeSync(theirs)
}
