import { loggingFor, readSettings, type Settings, startApp } from '../src/index.ts'
import { temporaryFolder, type Undo } from './temporary-folder.ts'

/** What a call answered. */
export interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any
}

export const ADMIN_TOKEN = 'the-admin-token-of-the-tests'

/** A server of its own on free ports, with a temporary data folder unless it is told one. */
export class RunningServer {
  readonly app: Awaited<ReturnType<typeof startApp>>
  readonly dataDir: string

  private constructor(app: Awaited<ReturnType<typeof startApp>>, dataDir: string) {
    this.app = app
    this.dataDir = dataDir
  }

  /** @param undo registers what closes it: `onTestFinished` or `afterFile` */
  static async start(undo: Undo, environment: Record<string, string> = {}): Promise<RunningServer> {
    const dataDir = environment.AJAR_DATA_DIR ?? (await temporaryFolder(undo))
    const settings = settingsFor(dataDir, environment)
    const app = await startApp(
      settings,
      loggingFor(settings, () => {}),
    )
    undo(() => app.close())
    return new RunningServer(app, dataDir)
  }

  get url(): string {
    return `http://127.0.0.1:${this.app.listening.http}`
  }

  get mqttUrl(): string {
    return `mqtt://127.0.0.1:${this.app.listening.mqtt}`
  }

  /** Calls with the admin's token unless told another; null calls without one. JSON bodies are read. */
  async call(method: string, path: string, body?: object, token: string | null = ADMIN_TOKEN): Promise<Answer> {
    const picture = body instanceof Uint8Array
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': picture ? 'image/jpeg' : 'application/json' }),
      },
      ...(body === undefined ? {} : { body: picture ? new Uint8Array(body) : JSON.stringify(body) }),
    })
    const { status, headers } = response
    const json = headers.get('content-type')?.includes('json') ?? false
    return { status, headers, body: status === 204 ? null : json ? await response.json() : await response.text() }
  }

  /** Takes a picture in; @returns the frame's id */
  async send(camera: string, jpeg: Uint8Array, capturedAt?: number): Promise<string> {
    const query = capturedAt === undefined ? '' : `?capturedAt=${capturedAt}`
    const { status, body } = await this.call('POST', `/api/cameras/${camera}/frames${query}`, jpeg)
    if (status > 201) throw new Error(`${status} ${JSON.stringify(body)}`)
    return body.frame
  }

  /** The frame once its journey has ended. */
  async ended(frame: string): Promise<Answer['body']> {
    return until(async () => {
      const { status, body } = await this.call('GET', `/api/frames/${frame}`)
      return status === 200 && body.outcome !== 'pending' ? body : null
    })
  }
}

export function settingsFor(dataDir: string, environment: Record<string, string> = {}): Settings {
  return readSettings({
    AJAR_DATA_DIR: dataDir,
    AJAR_HTTP_PORT: '0',
    AJAR_MQTT_PORT: '0',
    AJAR_ADMIN_TOKEN: ADMIN_TOKEN,
    AJAR_CLASSIFY_WORKERS: '1',
    AJAR_PROGRAMS_SAME_USER: '1',
    ...environment,
  })
}

/** Waits until there is something; the test's own timeout is the limit. */
export async function until<T>(look: () => Promise<T | null | undefined | false> | T | null | undefined | false) {
  for (;;) {
    const found = await look()
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
