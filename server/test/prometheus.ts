import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../test/setup/free-port.ts'
import { until } from './running-server.ts'
import { temporaryFolder, type Undo } from './temporary-folder.ts'

/** What operators are handed. */
export const FOLDER = fileURLToPath(new URL('../../deploy/prometheus/', import.meta.url))

/** Debian's Prometheus, with the files that operators are handed; it asks a server of the test's own. */
export class Prometheus {
  readonly #url: string

  private constructor(port: number) {
    this.#url = `http://127.0.0.1:${port}`
  }

  /** @param token what it shows to the server at `target`, as in `127.0.0.1:20002` */
  static async start(undo: Undo, target: string, token: string): Promise<Prometheus> {
    const folder = await temporaryFolder(undo)
    const config = await readFile(`${FOLDER}prometheus.yml`, 'utf8')
    // Only where the server is, and how soon, is a test's own.
    await writeFile(
      `${folder}/prometheus.yml`,
      config.replace('127.0.0.1:20002', target).replaceAll(/_interval: 15s/g, '_interval: 1s'),
    )
    await copyFile(`${FOLDER}ajar.rules.yml`, `${folder}/ajar.rules.yml`)
    await writeFile(`${folder}/ajar.token`, `${token}\n`)
    const port = await freePort()
    const process = spawn(
      'prometheus',
      [
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    )
    undo(async () => {
      if (process.exitCode !== null || process.signalCode !== null) return
      process.kill('SIGKILL')
      await once(process, 'exit')
    })
    return new Prometheus(port)
  }

  /** The data that its API answers with, once it answers. https://prometheus.io/docs/prometheus/latest/querying/api/ */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  async ask(path: string): Promise<any> {
    return until(async () => {
      const response = await fetch(`${this.#url}/api/v1/${path}`).catch(() => null)
      return response?.ok ? ((await response.json()) as { data: object }).data : null
    })
  }

  /** The samples that an expression finds now. */
  async query(expression: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> {
    return (await this.ask(`query?query=${encodeURIComponent(expression)}`)).result
  }
}

/** What promtool says, and whether it is content. */
export function promtool(args: string[], input = ''): { isContent: boolean; said: string } {
  try {
    return { isContent: true, said: execFileSync('promtool', args, { input, encoding: 'utf8', stdio: 'pipe' }) }
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    return { isContent: false, said: `${stdout}${stderr}` }
  }
}
