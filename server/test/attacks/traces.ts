import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** Where something of a box may be left in a folder that everybody writes to. */
const SHARED = ['/tmp', '/var/tmp', '/dev/shm', '/run', '/dev/mqueue']
/** Keys of `bombs.c`. */
const KEYS = /^\s*(2493[89]|2494\d|2495[0-7])\s/m

/** All of a caller's boxes that is to be found on this machine; of what other processes have none is told. */
export class Traces {
  readonly #pid: number
  readonly #folder: string

  /** @param folder of its temporary files, and of nobody else's */
  constructor(pid: number, folder: string) {
    this.#pid = pid
    this.#folder = folder
  }

  /** @param mark in the arguments of what it runs, and in the names of what it makes */
  found(mark: string): string[] {
    return [
      ...this.#processes(mark),
      ...cgroupsOf(this.#pid).map((folder) => `cgroup ${folder}`),
      ...this.#mounts(),
      ...listed(this.#folder).map((name) => `file ${join(this.#folder, name)}`),
      ...SHARED.flatMap((folder) =>
        names(folder)
          .filter((name) => name.includes(mark) || name.includes(`ajar-box-${this.#pid}-`))
          .map((name) => `file ${join(folder, name)}`),
      ),
      ...['shm', 'msg', 'sem'].filter((kind) => KEYS.test(read(`/proc/sysvipc/${kind}`))).map((kind) => `IPC ${kind}`),
    ]
  }

  /** What the caller itself has open. */
  get descriptors(): string[] {
    const folder = `/proc/${this.#pid}/fd`
    return names(folder)
      .map((name) => link(join(folder, name)).replace(/\d+/g, 'N'))
      .filter((name) => name !== '')
      .toSorted()
  }

  #processes(mark: string): string[] {
    return names('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) !== this.#pid && Number(name) !== process.pid)
      .filter(
        (pid) =>
          read(`/proc/${pid}/cmdline`).includes(mark) ||
          read(`/proc/${pid}/cgroup`).includes(`ajar-box-${this.#pid}-`) ||
          new RegExp(`^PPid:\\s${this.#pid}$`, 'm').test(read(`/proc/${pid}/status`)),
      )
      .map((pid) => `process ${pid} ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 200)}`)
  }

  #mounts(): string[] {
    const lines = [...read(`/proc/${this.#pid}/mountinfo`).split('\n'), ...read('/proc/self/mountinfo').split('\n')]
    return lines.filter((line) => /newroot|oldroot|bubblewrap|ajar-box/.test(line)).map((line) => `mount ${line}`)
  }
}

/** Of all hierarchies. @param pid of who made them */
export function cgroupsOf(pid: number): string[] {
  return below('/sys/fs/cgroup', 8).filter((folder) => folder.includes(`/ajar-box-${pid}-`))
}

function below(folder: string, depth: number): string[] {
  if (depth === 0) return []
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => [join(folder, name), ...below(join(folder, name), depth - 1)])
  } catch {
    return [] // it went meanwhile
  }
}

function listed(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).toSorted()
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
