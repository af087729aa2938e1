import { closeSync, constants, write } from 'node:fs'
import { promisify } from 'node:util'
import koffi from 'koffi'
import { onTestFinished } from 'vitest'

const libc = koffi.load(null)
const openpt = libc.func('int posix_openpt(int flags)')
const grantpt = libc.func('int grantpt(int fd)')
const unlockpt = libc.func('int unlockpt(int fd)')
const ptsname = libc.func('const char *ptsname(int fd)')

/** The board's end of a serial port that the kernel plays: a real terminal, as a USB adapter is one. */
export interface Board {
  /** The port, as the agent opens it. */
  path: string
  /** After what was written before; a terminal holds 4 kB that nobody has read, and the rest waits. */
  write(text: string): void
  /** The adapter is pulled out. */
  unplug(): void
}

export function pluggedIn(): Board {
  const fd = openpt(constants.O_RDWR | constants.O_NOCTTY)
  if (fd < 0 || grantpt(fd) < 0 || unlockpt(fd) < 0) throw new Error('this machine has no pseudo-terminals')
  let open = true
  let written: Promise<unknown> = Promise.resolve()
  const unplug = () => {
    if (open) closeSync(fd)
    open = false
  }
  onTestFinished(unplug)
  // Not in this thread, which is the one that reads the other end.
  const send = (bytes: Buffer) => (open ? promisify(write)(fd, bytes).catch(() => {}) : null)
  return {
    path: ptsname(fd),
    unplug,
    write: (text) => {
      written = written.then(() => send(Buffer.from(text, 'latin1')))
    },
  }
}
