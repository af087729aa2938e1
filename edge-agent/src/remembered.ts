import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { isObject } from './config.ts'
import { reasonOf } from './failure.ts'
import type { Log } from './log.ts'

const FILE = 'settings.json'

/**
 * The settings that the server sent last, `config/desired` as it came, kept in the data folder: an agent that starts while the server
 * is away goes on with them, and a long outage is just when a gate is needed.
 */
export class RememberedSettings {
  readonly #folder: string
  readonly #device: string
  readonly #log: Log
  #kept: string | null = null

  /** @param folder that of the agent's data, which has to be there @param device whose settings they are */
  constructor(folder: string, device: string, log: Log) {
    this.#folder = folder
    this.#device = device
    this.#log = log
  }

  /** What `keep` wrote last for this device; null where there is nothing, or nothing that can be read. Never rejects. */
  async read(): Promise<Uint8Array | null> {
    try {
      const record: unknown = JSON.parse(await readFile(join(this.#folder, FILE), 'utf8'))
      if (!isObject(record) || record.device !== this.#device || !isObject(record.desired)) return null
      this.#kept = JSON.stringify(record)
      return new TextEncoder().encode(JSON.stringify(record.desired))
    } catch {
      return null
    }
  }

  /** Durable when it resolves, where the disk takes it. Never rejects. */
  async keep(payload: Uint8Array): Promise<void> {
    const record = JSON.stringify({ device: this.#device, desired: JSON.parse(new TextDecoder().decode(payload)) })
    // They come with each connection.
    if (record === this.#kept) return
    try {
      await this.#write(record)
      this.#kept = record
    } catch (error) {
      this.#log.warn(`the server's settings count until the agent ends, they cannot be kept (${reasonOf(error)})`)
    }
  }

  async #write(record: string): Promise<void> {
    const path = join(this.#folder, FILE)
    const fresh = await open(`${path}.new`, 'w', 0o600)
    try {
      await fresh.writeFile(record)
      await fresh.sync()
    } finally {
      await fresh.close()
    }
    await rename(`${path}.new`, path)
    const folder = await open(this.#folder, 'r')
    await folder.sync().finally(() => folder.close())
  }
}
