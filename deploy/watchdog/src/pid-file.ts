import { readFileSync, rmSync, writeFileSync } from 'node:fs'

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
    try {
      writeFileSync(this.path, `${pid}\n${identityOf(pid) ?? ''}\n`, { mode: 0o600 })
    } catch {}
  }

  remove() {
    try {
      rmSync(this.path, { force: true })
    } catch {}
  }

  /** The process that it names; null where it names none, or one that is gone: such a file is stale. */
  living(): Living | null {
    const [pid = '', ...identity] = textOf(this.path)?.trimEnd().split('\n') ?? []
    if (!/^[1-9]\d*$/.test(pid)) return null
    return identityOf(Number(pid)) === identity.join('\n') ? { pid: Number(pid) } : null
  }
}

/** What no other process has had, ever; null where no such process lives. */
function identityOf(pid: number): string | null {
  // Behind the name, which may hold anything: the state is the third field, the start the 22nd.
  const fields = textOf(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ')
  if (!fields || fields[0] === 'Z') return null
  return `${fields[19]}\n${textOf('/proc/sys/kernel/random/boot_id')?.trim() ?? ''}`
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
