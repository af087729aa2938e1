import { createRequire } from 'node:module'
import { dirname, relative, resolve } from 'node:path'
import type { Plugin } from 'rolldown'

/** Libraries of machine code, and what finds files of its own beside itself: they stay where they are installed. */
const STAYS = /^(onnxruntime-(node|common)|sharp|koffi|@tensorflow\/.+)$/

const NEXT_TO_US = /new URL\('(\.\.?\/[\w./-]+\.ts)', import\.meta\.url\)/g
const OF_MODULE = /import\.meta\.(url|main)\b/g
const RESOLVED = /import\.meta\.resolve\('([^']+)'\)/g
const OF_COMMONJS = /\b__(dirname|filename)\b/g

/**
 * What a module finds beside itself it finds from the bundle as well: files by where the module was, and code that is
 * started by its address (threads, processes) as a chunk of the bundle.
 * @param root root of the repository
 * @param folder where the bundle lies
 */
export function places(root: string, folder: string): Plugin {
  const fromBundle = (path: string) => JSON.stringify(relative(folder, path))
  const urlOf = (path: string) => `new URL(${fromBundle(path)}, import.meta.url).href`
  return {
    name: 'places',
    resolveId(name, importer) {
      if (!importer || !STAYS.test(name)) return null
      // Not by where it lies on this machine: a release is made elsewhere, and outlives its checkout.
      return { id: relative(folder, createRequire(importer).resolve(name)), external: true }
    },
    transform(code, id) {
      if (id.includes('/node_modules/')) {
        if (!OF_COMMONJS.test(code)) return null
        const place = (_: string, what: string) => `__placeOf(${fromBundle(what === 'dirname' ? dirname(id) : id)})`
        return { code: code.replace(OF_COMMONJS, place), map: null }
      }
      if (!id.startsWith(root) || !code.includes('import.meta')) return null
      const started = code.replace(NEXT_TO_US, (_, path: string) => {
        const chunk = this.emitFile({ type: 'chunk', id: resolve(dirname(id), path) })
        return `new URL(import.meta.ROLLUP_FILE_URL_${chunk})`
      })
      const placed = started
        .replace(OF_MODULE, (_, what: string) => (what === 'main' ? 'false' : urlOf(id)))
        .replace(RESOLVED, (_, name: string) => urlOf(createRequire(id).resolve(name)))
      return { code: placed, map: null }
    },
  }
}

/** At the top of each chunk: where CommonJS modules find what `__dirname` told them. */
export const BANNER = [
  "import { fileURLToPath as __toPath } from 'node:url'",
  'const __placeOf = (path) => __toPath(new URL(path, import.meta.url))',
].join('\n')
