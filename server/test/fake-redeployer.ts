import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Undo } from './temporary-folder.ts'

/** What is asked for over the socket. */
export interface Asked {
  v: number
  job: string
  ref: string | null
  release: string | null
  force: boolean
  by: string
}

type Answering = (asked: Asked, socket: Socket) => void

/** The folder of releases, and whoever takes requests there: a real socket and real files, which a test writes as it wants. */
export class FakeRedeployer {
  readonly folder: string
  readonly asked: Asked[] = []
  /** As the redeployer does it. */
  answer: Answering = ({ job }, socket) => {
    this.write(job, {})
    socket.end('{"accepted":true,"fieldOfANewerRelease":1}\n')
  }
  #server: Server | null = null
  readonly #sockets = new Set<Socket>()

  constructor(folder: string) {
    this.folder = folder
    for (const path of ['releases', 'redeploy/runs']) mkdirSync(join(folder, path), { recursive: true })
  }

  async listen(undo: Undo): Promise<this> {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      const lines = createInterface({ input: socket }).on('error', () => {}) // it repeats those of the socket
      lines.once('line', (line) => {
        const asked = JSON.parse(line)
        this.asked.push(asked)
        this.answer(asked, socket)
      })
    })
    await new Promise<void>((resolve) => this.#server?.listen(join(this.folder, 'redeploy/socket'), resolve))
    undo(() => this.close())
    return this
  }

  /** As where its process ends. */
  async close() {
    for (const socket of this.#sockets) socket.destroy()
    if (this.#server?.listening) await new Promise((resolve) => this.#server?.close(resolve))
    rmSync(join(this.folder, 'redeploy/socket'), { force: true })
  }

  /** Replaces the run of a job. */
  write(job: string, change: object) {
    const nothing = { release: null, from: null, commit: null, version: null, signer: null, code: null, message: null }
    const run = {
      ...{
        v: 1,
        job,
        by: 'ann',
        ref: 'v1',
        ...nothing,
        step: 'fetch',
        progress: 0,
        state: 'running',
        startedAt: Date.now(),
      },
      ...{ endedAt: null, downMs: null, fieldOfANewerRelease: { more: true }, ...change },
    }
    const file = join(this.folder, 'redeploy/runs', `${job}.json`)
    writeFileSync(`${file}.new`, JSON.stringify(run))
    renameSync(`${file}.new`, file)
  }

  /** Adds to the log of a job, as it is: a line, a part of one, or garbage. */
  say(job: string, text: string) {
    appendFileSync(join(this.folder, 'redeploy/runs', `${job}.log`), text)
  }

  release(id: string, { isComplete = true } = {}) {
    mkdirSync(join(this.folder, 'releases', id), { recursive: true })
    if (isComplete) writeFileSync(join(this.folder, 'releases', id, 'complete'), `${id}\n`)
  }

  link(name: 'current' | 'trusted', id: string) {
    symlinkSync(join('releases', id), join(this.folder, name))
  }

  ledger(text: string) {
    writeFileSync(join(this.folder, 'redeploy/ledger.json'), text)
  }
}

/** A line of a run's log. */
export function line(at: number, text: string, level = 'info'): string {
  return `${JSON.stringify({ at, step: 'fetch', level, text, fieldOfANewerRelease: 1 })}\n`
}
