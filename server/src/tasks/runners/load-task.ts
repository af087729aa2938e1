import { realpathSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Work } from './work.ts'

/** What the file of a TypeScript task exports. */
export interface TaskModule {
  default: (params: Record<string, unknown>, work: Work) => unknown
  schema?: unknown
  limits?: unknown
  cache?: unknown
}

/** What of ours a task in any folder may import. */
const OURS = '@ajar/images'

/**
 * Loads the file of a task.
 * @param onFile is told each file that it and those import by a relative path, there or not
 * @throws what the file throws, and Error where it exports no function as its default
 */
export async function loadTask(file: string, onFile: (path: string) => void = () => {}): Promise<TaskModule> {
  const ofTask = new Set([realpathSync(file)])
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === OURS) return next(specifier, { ...context, parentURL: import.meta.url })
      if (/^\.\.?\//.test(specifier) && ofTask.has(pathOf(context.parentURL))) {
        const path = pathOf(new URL(specifier, context.parentURL).href)
        ofTask.add(path)
        onFile(path)
      }
      const found = next(specifier, context)
      // Nobody has to put a package.json beside a task: without one Node reads the file twice, and warns each time.
      if (found.format || !/\.ts$/.test(found.url) || isInstalled(found.url)) return found
      return { ...found, format: 'module-typescript' }
    },
  })
  const loaded: Partial<TaskModule> = await import(pathToFileURL(file).href)
  if (typeof loaded.default !== 'function')
    throw new Error('It has no default export that is a function: `export default function task(params, work) {}`.')
  return loaded as TaskModule
}

function pathOf(url = '') {
  return url.startsWith('file:') ? fileURLToPath(url) : ''
}

function isInstalled(url: string) {
  return url.includes('/node_modules/')
}
