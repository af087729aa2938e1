import { closeSync, constants, fstatSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants

/** A process that a PID file names and that lives. */
export interface Living {
  pid: number
}

/**
 * A file that names a process by its pid, and by the time of its start, for the pid of one that ended is given to another:
 * three lines, pid, start in clock ticks, boot.
 */
export class PidFile {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  /** A disk that takes no file is no reason to run no process. */
  write(pid: number) {
    this.remove() // whatever stands there is not written to: a link leads elsewhere, a pipe waits for a reader
    try {
      const file = openSync(this.path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
      writeFileSync(file, `${pid}\n${identityOf(pid) ?? ''}\n`)
      closeSync(file)
    } catch {}
  }

  remove() {
    try {
      rmSync(this.path, { force: true })
    } catch {}
  }

  /** The process that it names; null where it names none, or one that is gone: such a file is stale. */
  living(): Living | null {
    const [pid = '', ...identity] = plainText(this.path)?.trimEnd().split('\n') ?? []
    if (!/^[1-9]\d*$/.test(pid)) return null
    return identityOf(Number(pid)) === identity.join('\n') ? { pid: Number(pid) } : null
  }
}

/**
 * Whether it is one that we started, by one of `scripts` and as the leader of a group, and may signal: whoever can write to our folder
 * could name any other.
 */
export function isOurs(pid: number, scripts: string[]): boolean {
  if (pid <= 1 || pid === process.pid || pid === process.ppid) return false
  const group = Number(statOf(pid)?.[2])
  const words = textOf(`/proc/${pid}/cmdline`)?.split('\0') ?? []
  return group === pid && ownerOf(pid) === process.getuid?.() && scripts.some((script) => words.includes(script))
}

/** Whether SIGSTOP or a debugger holds it. */
export function isStopped(pid: number): boolean {
  return statOf(pid)?.[0]?.toUpperCase() === 'T'
}

/** What no other process has had, ever; null where no such process lives. */
function identityOf(pid: number): string | null {
  const fields = statOf(pid)
  if (!fields || fields[0] === 'Z') return null
  return `${fields[19]}\n${textOf('/proc/sys/kernel/random/boot_id')?.trim() ?? ''}`
}

/** The fields of its `stat` behind the name, which may hold anything: state, parent, group, ..., and as the 20th its start. */
function statOf(pid: number): string[] | undefined {
  return textOf(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ')
}

function ownerOf(pid: number): number | null {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid ?? null
}

/** Of a regular file alone: reading a pipe would wait for who writes to it. */
function plainText(path: string): string | null {
  let file: number | null = null
  try {
    file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    return fstatSync(file).isFile() ? readFileSync(file, 'utf8') : null
  } catch {
    return null
  } finally {
    if (file !== null) closeSync(file)
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
