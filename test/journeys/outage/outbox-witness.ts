import { type FSWatcher, readdirSync, watch } from 'node:fs'

/** A whole frame on disk: it gets this name when its bytes are synced, and another one when it goes. */
const WHOLE = /^([a-z0-9-]+)\.(\d+)(?:\.important)?\.jpg$/

/**
 * Reads along which frames ever lay whole in an agent's outbox: the kernel tells of every name, so a SIGKILL of the agent
 * hides nothing.
 */
export class OutboxWitness {
  readonly #watcher: FSWatcher
  readonly #folder: string
  /** `camera/capturedAtMs` of every frame that was durable. */
  readonly captured = new Set<string>()

  /** @param folder exists already */
  constructor(folder: string) {
    this.#folder = folder
    this.#watcher = watch(folder, (_event, name) => {
      const id = frameOf(name ?? '')
      if (id !== null) this.captured.add(id)
    })
  }

  /** Frames that lie there now. */
  waiting(): string[] {
    return readdirSync(this.#folder).flatMap((name) => frameOf(name) ?? [])
  }

  close(): void {
    this.#watcher.close()
  }
}

function frameOf(fileName: string): string | null {
  const [, camera, time] = WHOLE.exec(fileName) ?? []
  return camera === undefined ? null : `${camera}/${time}`
}
