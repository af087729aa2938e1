import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'

/** One line of `runs/<job>.log`. */
interface Line {
  level: 'info' | 'warn' | 'error'
  text: string
}

interface Asked {
  job: string
  ref: string | null
  release: string | null
  force: boolean
  by: string
}

/**
 * Stands where the redeployer would: takes requests at its socket, and tells what a test has it tell. What it writes, the
 * server reads as it reads the real one's files.
 */
export class StandIn {
  readonly folder: string
  readonly asked: Asked[] = []
  readonly #server: Server
  #run: Record<string, unknown> = {}

  private constructor(folder: string) {
    this.folder = folder
    this.#server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', (line) => {
        this.#take(JSON.parse(line.toString()))
        socket.end(`${JSON.stringify({ accepted: true })}\n`)
      })
    })
  }

  /** @param folder short enough for the path of a socket @param releases what is known of each, by id */
  static async open(folder: string, releases: Record<string, object>): Promise<StandIn> {
    const standIn = new StandIn(folder)
    await mkdir(join(folder, 'redeploy', 'runs'), { recursive: true })
    for (const id of Object.keys(releases)) {
      await mkdir(join(folder, 'releases', id), { recursive: true })
      await writeFile(join(folder, 'releases', id, 'complete'), `${id}\n`)
    }
    const [trusted = ''] = Object.keys(releases)
    await symlink(join('releases', trusted), join(folder, 'trusted'))
    await writeFile(join(folder, 'redeploy', 'ledger.json'), JSON.stringify({ v: 1, releases }))
    await new Promise<void>((resolve) => standIn.#server.listen(join(folder, 'redeploy', 'socket'), resolve))
    return standIn
  }

  /** What is new of the run that was asked for last, after the lines that it wrote. */
  tell(change: Record<string, unknown>, ...lines: Line[]) {
    Object.assign(this.#run, change)
    const { job, step } = this.#run
    const file = join(this.folder, 'redeploy', 'runs', String(job))
    const told = lines.map((line) => `${JSON.stringify({ at: Date.now(), step, ...line })}\n`)
    appendFileSync(`${file}.log`, told.join(''))
    writeFileSync(`${file}.new`, JSON.stringify(this.#run))
    renameSync(`${file}.new`, `${file}.json`)
  }

  async close() {
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Asked again for the same job, as after a restart of the server, it goes on. */
  #take(asked: Asked) {
    if (asked.job === this.#run.job) return
    const { job, by, ref, release } = asked
    const unknown = { from: null, commit: null, version: null, signer: null, code: null, message: null }
    const open = { endedAt: null, downMs: null, answersAgain: null }
    this.#run = { v: 1, job, by, ref, release, ...unknown, step: null, progress: 0, state: 'running', ...open }
    this.tell({ startedAt: Date.now() })
    this.asked.push(asked)
  }
}
