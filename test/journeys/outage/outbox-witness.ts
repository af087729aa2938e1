import { type FSWatcher, readdirSync, watch } from 'node:fs'

/** A whole frame or reading on disk has this name; with the ending it was dropped, and counted. */
const ITEM = /^([a-z0-9-]+)\.(\d+)(?:\.important)?\.(jpg|json)(\.gone\d+)?$/
const KINDS: Record<string, string> = { jpg: 'frame', json: 'reading' }

/**
 * Reads along what ever lay whole in an agent's outbox, and what was dropped: the kernel tells of every name, so a SIGKILL of
 * the agent hides nothing. Items are called as in their topics: `camera/frame/capturedAtMs`, `sensor/reading/atMs`.
 */
export class OutboxWitness {
  readonly #watcher: FSWatcher
  readonly #folder: string
  readonly captured = new Set<string>()
  readonly dropped = new Set<string>()

  /** @param folder exists already */
  constructor(folder: string) {
    this.#folder = folder
    this.#watcher = watch(folder, (_event, name) => {
      const found = itemOf(name ?? '')
      if (found === null) return
      this.captured.add(found.item)
      if (found.isDropped) this.dropped.add(found.item)
    })
  }

  /** What lies there now. */
  waiting(): Set<string> {
    const found = readdirSync(this.#folder).map(itemOf)
    return new Set(found.flatMap((one) => (one && !one.isDropped ? one.item : [])))
  }

  close(): void {
    this.#watcher.close()
  }
}

function itemOf(fileName: string): { item: string; isDropped: boolean } | null {
  const [, source, time, extension = '', gone] = ITEM.exec(fileName) ?? []
  return source === undefined ? null : { item: `${source}/${KINDS[extension]}/${time}`, isDropped: gone !== undefined }
}
