import { watch } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
/** What the server and its worker are made of; tasks are not: they count at their next call by themselves. */
const SERVER = ['server/src', 'broker/src', 'broker/protocol/src', 'images/src', 'models/src', 'deploy/supervised/src']
const CONSOLE = ['server/web/src', 'server/web/public']
/** An editor writes several files, or one in several steps. */
const SETTLE_MS = 300

export interface Edits {
  /** Sources of the server or its worker are others now. */
  onServer(): void
  /** Sources of the console are. */
  onConsole(): void
}

/** Tells of sources that were edited, also where a container has them from its host. @returns a function that ends it */
export function watchSources({ onServer, onConsole }: Edits, root = ROOT): () => void {
  const ends = [...watchAll(SERVER, root, onServer), ...watchAll(CONSOLE, root, onConsole)]
  return () => {
    for (const end of ends) end()
  }
}

function watchAll(folders: readonly string[], root: string, onEdit: () => void): (() => void)[] {
  let timer: NodeJS.Timeout | undefined
  const settled = () => {
    clearTimeout(timer)
    timer = setTimeout(onEdit, SETTLE_MS)
  }
  const watchers = folders.map((folder) => watch(join(root, folder), { recursive: true }, settled))
  return [() => clearTimeout(timer), ...watchers.map((watcher) => () => watcher.close())]
}
