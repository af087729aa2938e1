import { fileURLToPath } from 'node:url'
import { Api, Process } from '@ajar/local'
import { ADMIN_TOKEN, until } from './system.ts'

const START = fileURLToPath(new URL('../../deploy/local/start.ts', import.meta.url))

export interface ProcessBody {
  name: string
  pid: number | null
  state: string
  restarts: number
  lastExit: { why: string; signal: string | null; code: number | null } | null
  log: string[] | null
}

/** `npm start` on free ports with a data folder of its own, and how its processes are. */
export class Started {
  readonly process: Process
  readonly lines: string[] = []
  #listening: { http: number; mqtt: number }[] = []

  readonly dataDir: string

  /** @param start of another checkout than this one */
  constructor(dataDir: string, environment: Record<string, string> = {}, start = START) {
    this.dataDir = dataDir
    const settings = { AJAR_HTTP_PORT: '0', AJAR_MQTT_PORT: '0', AJAR_DEMO: '0', AJAR_ADMIN_TOKEN: ADMIN_TOKEN }
    this.process = new Process(start, [], {
      environment: { AJAR_DATA_DIR: dataDir, ...settings, ...environment },
      onLine: (line) => this.lines.push(line),
      onMachineLine: ({ listening }) => listening && this.#listening.push(listening as { http: number; mqtt: number }),
    })
  }

  /** Where it listened, start by start. */
  get listening() {
    return this.#listening
  }

  get api(): Api {
    return new Api({ http: `http://127.0.0.1:${this.#listening[0]?.http}`, ca: null }, ADMIN_TOKEN)
  }

  /** The process once it is as wanted; while the server does not answer it is asked again. */
  when(name: string, isSo: (one: ProcessBody) => boolean): Promise<ProcessBody> {
    return until(async () => {
      if (this.#listening.length === 0) return null
      const list = await this.api.get<{ items: ProcessBody[] }>('/api/processes').catch(() => null)
      return list?.items.find((one) => one.name === name && isSo(one))
    })
  }

  /** The process once it runs. */
  running(name: string, restarts = 0): Promise<ProcessBody & { pid: number }> {
    return this.when(name, (one) => one.state === 'running' && one.restarts === restarts) as Promise<
      ProcessBody & { pid: number }
    >
  }
}
