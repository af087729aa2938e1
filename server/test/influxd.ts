import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { InfluxDB } from 'influx'
import { until } from './running-server.ts'
import { temporaryFolder, type Undo } from './temporary-folder.ts'

/** Debian's real InfluxDB on free ports, with a folder of its own; it can be killed and started again. */
export class Influxd {
  readonly port: number
  readonly #config: string
  #process: ChildProcess | null = null

  private constructor(port: number, config: string) {
    this.port = port
    this.#config = config
  }

  static async start(undo: Undo, { authentication = false } = {}): Promise<Influxd> {
    const folder = await temporaryFolder(undo)
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
    const influxd = new Influxd(port, `${folder}/influxdb.conf`)
    await influxd.start()
    undo(() => influxd.kill())
    return influxd
  }

  async start() {
    const process = spawn('influxd', ['-config', this.#config], { stdio: 'ignore' })
    this.#process = process
    let failure: NodeJS.ErrnoException | null = null
    process.once('error', (error) => {
      failure = error
    })
    await until(async () => failure !== null || (await this.#answers()))
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

  client(database: string, user: { username?: string; password?: string } = {}): InfluxDB {
    return new InfluxDB({ host: '127.0.0.1', port: this.port, database, ...user })
  }

  async #answers(): Promise<boolean> {
    return fetch(`http://127.0.0.1:${this.port}/ping`).then(
      ({ ok }) => ok,
      () => false,
    )
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
