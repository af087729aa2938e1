import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'

export type Row = Record<string, string | number | boolean | null>

/** Debian's real InfluxDB on free ports; it can be killed, halted and started again. */
export class InfluxdProcess {
  readonly port: number
  readonly #config: string
  #process: ChildProcess | null = null

  protected constructor(port: number, config: string) {
    this.port = port
    this.#config = config
  }

  /** @param folder where its data lies; it stays */
  static async launch(folder: string, { authentication = false } = {}): Promise<InfluxdProcess> {
    const influxd = new InfluxdProcess(...(await InfluxdProcess.configure(folder, authentication)))
    await influxd.start()
    return influxd
  }

  protected static async configure(folder: string, authentication: boolean): Promise<[port: number, config: string]> {
    const [port, backup] = [await freePort(), await freePort()]
    writeFileSync(
      `${folder}/influxdb.conf`,
      `reporting-disabled = true
      bind-address = "127.0.0.1:${backup}"
      [meta]
        dir = "${folder}/meta"
      [data]
        dir = "${folder}/data"
        wal-dir = "${folder}/wal"
      [monitor]
        store-enabled = false
      [http]
        bind-address = "127.0.0.1:${port}"
        auth-enabled = ${authentication}
        log-enabled = false`,
    )
    return [port, `${folder}/influxdb.conf`]
  }

  async start() {
    const process = spawn('influxd', ['-config', this.#config], { stdio: 'ignore' })
    this.#process = process
    let failure: NodeJS.ErrnoException | null = null
    process.once('error', (error) => {
      failure = error
    })
    while (failure === null && !(await this.#answers())) {
      if (process.exitCode !== null) throw new Error(`influxd ended with ${process.exitCode}`)
      await sleep(20)
    }
    if (failure !== null)
      throw new Error('influxd does not start: apt-get install influxdb (1.6 or later)', { cause: failure })
  }

  /** As a power cut would: SIGKILL. */
  async kill() {
    const process = this.#process
    this.#process = null
    if (!process || process.exitCode !== null || process.signalCode !== null) return
    process.kill('SIGKILL')
    await once(process, 'exit')
  }

  /** It takes connections and answers nobody, until it is let go on. */
  halt() {
    this.#process?.kill('SIGSTOP')
  }

  goOn() {
    this.#process?.kill('SIGCONT')
  }

  /** What a query or another statement answers. @param user `name:password` @throws Error with what it says */
  async query(database: string, statement: string, user: string | null = null): Promise<Row[]> {
    const response = await fetch(`http://127.0.0.1:${this.port}/query`, {
      method: 'POST',
      headers: user === null ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` },
      body: new URLSearchParams({ db: database, epoch: 'ms', q: statement }),
    })
    const { error, results = [] } = (await response.json()) as Answer
    const why = error ?? results[0]?.error
    if (why !== undefined) throw new Error(why)
    return (results[0]?.series ?? []).flatMap(({ columns, values = [], tags = {} }) =>
      values.map((row) => ({ ...tags, ...Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null])) })),
    )
  }

  async #answers(): Promise<boolean> {
    return fetch(`http://127.0.0.1:${this.port}/ping`).then(
      ({ ok }) => ok,
      () => false,
    )
  }
}

interface Answer {
  error?: string
  results?: { error?: string; series?: { columns: string[]; values?: Row[string][][]; tags?: Row }[] }[]
}
