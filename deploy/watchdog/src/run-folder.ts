import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Clock } from './clock.ts'
import { PidFile } from './pid-file.ts'

const POLL_MS = 50

/** Another watchdog looks after these processes. */
export class RunFolderError extends Error {
  readonly code = 'data_dir_in_use'
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

  /** @throws RunFolderError where another watchdog lives that uses it, or an error of the disk */
  take() {
    makeFolder(join(this.#dataDir, 'run'))
    const other = this.#own.living()
    if (other && other.pid !== process.pid)
      throw new RunFolderError(
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

/**
 * Ends what a watchdog that was killed has left behind: in order, for it ends by itself when it notices, and by force where
 * that takes too long.
 */
export async function endEarlier(file: PidFile, clock: Clock, limitMs: number): Promise<void> {
  const deadline = clock.now() + limitMs
  for (let asked = false; ; asked = true) {
    const left = file.living()
    if (!left) break
    const isLate = clock.now() > deadline
    if (!asked || isLate) signal(left.pid, isLate ? 'SIGKILL' : 'SIGTERM')
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
