import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { AgentError, reasonOf } from '../../failure.ts'

/** What the character device needs and Node does not have. */
export interface SystemCalls {
  /** The kernel reads `argument` and writes its answer there. Throws a `SystemCallError`. */
  ioctl(fd: number, request: number, argument: Buffer): void
  /** Whether a read of `fd` would not wait; never waits itself. Throws a `SystemCallError`. */
  isReadable(fd: number): boolean
}

/** Carries the system's code (`EBUSY`) as Node's own errors do. */
export class SystemCallError extends Error {
  readonly code: string

  constructor(call: string, errno: number) {
    const code = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`
    super(`${call}: ${code}`)
    this.code = code
  }
}

const POLLFD_BYTES = 8 // int fd; short events; short revents
const POLLIN = 1

/** libc through koffi; throws `koffi_missing` (environment) where it has no binary for this machine or was not installed. */
export function loadSystemCalls(): SystemCalls {
  let koffi: typeof import('koffi')
  try {
    // Loaded here, not imported: only GPIO needs it, and it has no binary for every machine.
    koffi = createRequire(import.meta.url)('koffi')
  } catch (error) {
    const text = `the GPIO character device needs the package koffi, which cannot be loaded: ${reasonOf(error)}`
    throw new AgentError('koffi_missing', 'environment', text, error)
  }
  // The symbols of this very process, which is linked to its libc whatever that is called.
  const libc = koffi.load(null)
  const ioctl = libc.func('int ioctl(int fd, unsigned long request, ...)')
  const poll = libc.func('int poll(void *fds, unsigned long count, int timeoutMs)')
  return {
    ioctl(fd, request, argument) {
      if (ioctl(fd, request, 'void *', argument) < 0) throw new SystemCallError('ioctl', koffi.errno())
    },
    isReadable(fd) {
      const descriptor = Buffer.alloc(POLLFD_BYTES)
      descriptor.writeInt32LE(fd, 0)
      descriptor.writeInt16LE(POLLIN, 4)
      const ready = poll(descriptor, 1, 0)
      if (ready < 0 && koffi.errno() !== constants.errno.EINTR) throw new SystemCallError('poll', koffi.errno())
      // Also where poll tells of an error: the read then says which.
      return ready > 0
    },
  }
}
