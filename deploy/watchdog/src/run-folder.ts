import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Clock } from './clock.ts'
import { isOurs, isStopped, PidFile } from './pid-file.ts'
import { KILLED_LIMIT_MS } from './spawned.ts'

const POLL_MS = 50

/**
 * `data_dir_in_use`: another watchdog looks after these processes; `data_dir_unusable`: no folder can be made there; `process_stuck`: one that it left cannot be ended.
 */
export class RunFolderError extends Error {
  readonly code: 'data_dir_in_use' | 'data_dir_unusable' | 'process_stuck'
  constructor(code: RunFolderError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** `$AJAR_DATA_DIR/run`: a PID file for each process, and one for the watchdog itself. */
export class RunFolder {
  readonly #dataDir: string
  readonly #own: PidFile
  #isTaken = false

  constructor(dataDir: string) {
    this.#dataDir = dataDir
    this.#own = this.pidFile('watchdog')
  }

  /** @throws RunFolderError where another watchdog lives that uses it, or where it cannot be used */
  take() {
    try {
      makeFolder(join(this.#dataDir, 'run'))
    } catch (error) {
      throw new RunFolderError(
        'data_dir_unusable',
        `the data folder ${this.#dataDir} cannot be used (${(error as Error).message}): set AJAR_DATA_DIR to a folder that you may write to`,
      )
    }
    const other = this.#own.living()
    if (other && other.pid !== process.pid)
      throw new RunFolderError(
        'data_dir_in_use',
        `another ajar (process ${other.pid}) uses the data folder ${this.#dataDir}: stop it, or set AJAR_DATA_DIR to another folder`,
      )
    this.#own.write(process.pid)
    this.#isTaken = true
  }

  pidFile(name: string): PidFile {
    return new PidFile(join(this.#dataDir, 'run', `${name}.pid`))
  }

  giveBack() {
    if (this.#isTaken) this.#own.remove()
  }
}

interface EndEarlierOptions {
  /** What our process may run. */
  scripts: string[]
  clock: Clock
  limitMs: number
  onFound(pid: number): void
}

/**
 * Ends what a watchdog that was killed has left behind: in order, for it ends by itself when it notices, and by force where
 * that takes too long. A process that is none of `scripts` is left alone: its file was forged.
 * @throws RunFolderError where it does not end
 */
export async function endEarlier(
  file: PidFile,
  { scripts, clock, limitMs, onFound }: EndEarlierOptions,
): Promise<void> {
  const start = clock.now()
  for (let sent: NodeJS.Signals | null = null; ; ) {
    const left = file.living()
    if (!left || !isOurs(left.pid, scripts)) break
    const waitedMs = clock.now() - start
    if (waitedMs > limitMs + KILLED_LIMIT_MS)
      throw new RunFolderError(
        'process_stuck',
        `process ${left.pid} of an earlier start does not end although it was killed: it waits for a disk or a device; mend that, or start the machine again`,
      )
    if (sent === null) onFound(left.pid)
    // One that was stopped hears nothing else.
    const due = waitedMs > limitMs || isStopped(left.pid) ? 'SIGKILL' : 'SIGTERM'
    if (due !== sent) signal(left.pid, due)
    sent = due
    await new Promise<void>((resolve) => clock.setTimer(resolve, POLL_MS))
  }
  file.remove()
}

/** The group, for every process of ours leads one. */
function signal(pid: number, name: NodeJS.Signals) {
  try {
    process.kill(-pid, name)
  } catch {}
}

/** Not `recursive`: where a file system answers ENOENT to every name, as /proc does, Node would try for ever. */
function makeFolder(folder: string) {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder, { mode: 0o700 })
}
