import { readFile } from 'node:fs/promises'
import { Api } from '@ajar/local'
import { ADMIN_TOKEN, until } from '../journeys/system.ts'
import { CHECKOUT_INSIDE, type Machine } from './machine.ts'

export const UNIT = 'ajar-server.service'
export const HTTP_PORT = 20002
export const DATA_FOLDER = '/var/lib/ajar'
const MQTT_PORT = 1883
const INSTALL_LIMIT_MS = 120_000
const ENVIRONMENT = '/etc/ajar/ajar.env'

const FAULTS_FILE = '/opt/faults-of-the-test.mjs'
/** While it is there, no server gets as far as its own code. */
const CRASH_FLAG = '/opt/no-server-starts'
/** Faults from outside, at a signal: loaded into the process before its own code. */
const FAULTS = `
  import { existsSync } from 'node:fs'
  if (existsSync('${CRASH_FLAG}')) throw new Error('a fault at the start')
  process.on('SIGUSR2', () => { throw new Error('nothing caught') })
  process.on('SIGWINCH', () => { for (;;); })`
const DROP_IN = `[Service]
WatchdogSec=2
Environment=NODE_OPTIONS=--import=${FAULTS_FILE}
`

export interface InstallOptions {
  /** Lines of /etc/ajar/ajar.env beside those that every test needs. */
  settings?: string[]
  /** Whether it gets a watchdog of two seconds and ways to hurt it, or stays as it is installed. */
  canBeHurt?: boolean
}

/** The server as deploy/install.sh installs it in a machine. */
export class InstalledServer {
  readonly machine: Machine
  #httpPort = 0
  /** A port of ours that leads to its broker. */
  mqttPort = 0

  private constructor(machine: Machine) {
    this.machine = machine
  }

  /** Resolves when it is ready. */
  static async install(
    machine: Machine,
    { settings = [], canBeHurt = true }: InstallOptions = {},
  ): Promise<InstalledServer> {
    const server = new InstalledServer(machine)
    await server.writeSettings(settings)
    await server.runInstaller()
    if (canBeHurt) {
      await machine.write(FAULTS_FILE, FAULTS)
      await machine.write(`/etc/systemd/system/${UNIT}.d/test.conf`, DROP_IN)
      await machine.shell(`systemctl daemon-reload; systemctl restart ${UNIT}`)
    }
    await server.reach()
    await server.ready()
    return server
  }

  /** What is read at the next start of whatever reads it. */
  async writeSettings(settings: string[]): Promise<void> {
    const lines = [`AJAR_ADMIN_TOKEN=${ADMIN_TOKEN}`, 'AJAR_MAX_PENDING_AGE=infinite', ...settings]
    await this.machine.write(ENVIRONMENT, lines.map((line) => `${line}\n`).join(''))
  }

  /** @returns what the installer printed */
  runInstaller(): Promise<string> {
    return this.machine.shell(`${CHECKOUT_INSIDE}/deploy/install.sh server`, { limitMs: INSTALL_LIMIT_MS })
  }

  /** Opens the way to its ports, anew after each boot. */
  async reach(): Promise<void> {
    this.#httpPort = await this.machine.reach(HTTP_PORT)
    this.mqttPort = await this.machine.reach(MQTT_PORT)
  }

  get url(): string {
    return `http://127.0.0.1:${this.#httpPort}`
  }

  get api(): Api {
    return new Api({ http: this.url, ca: null }, ADMIN_TOKEN)
  }

  /** Resolves when it takes, stores and classifies frames. */
  async ready(): Promise<void> {
    await until(() => this.isReady())
  }

  isReady(): Promise<boolean> {
    return fetch(`${this.url}/api/health/ready`, { headers: { connection: 'close' } }).then(
      (answer) => answer.ok,
      () => false, // the server that had the connection ended
    )
  }

  show(...properties: string[]): Promise<Record<string, string>> {
    return this.machine.show(UNIT, ...properties)
  }

  /** Its process, as the host numbers it. */
  async pid(): Promise<number> {
    const { MainPID = '' } = await this.show('MainPID')
    for (const pid of await this.machine.processesOf(UNIT)) {
      const inner = /^NSpid:.*\t(\d+)$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))
      if (inner?.[1] === MainPID) return pid
    }
    throw new Error(`${UNIT} has no process ${MainPID}`)
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    process.kill(await this.pid(), signal)
  }

  /** Whether each start fails from now on. */
  async crashAtStart(crash: boolean): Promise<void> {
    await this.machine.shell(crash ? `touch ${CRASH_FLAG}` : `rm ${CRASH_FLAG}`)
  }

  /** Earlier starts do not count for a crash loop any more. */
  async forgive(): Promise<void> {
    await this.machine.shell(`systemctl reset-failed ${UNIT}`)
  }
}
