import { isBuiltin } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'rolldown'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** What the agent leans on and hardly uses costs a Pi more memory than the agent: each has something small in its place. */
const INSTEAD: Record<string, string> = {
  typebox: at('./light/typebox.ts'),
  'typebox/value': at('./light/value.ts'),
}
/** mqtt.js brings what nobody asks for here: lines for debugging, timers for browsers, a proxy that no setting names. */
const WITHOUT: Record<string, string> = {
  debug: 'module.exports = () => () => {}',
  'worker-timers': 'module.exports = {}',
  socks: 'module.exports = {}',
}
/** And a copy of what Node has. */
const NODE_HAS_IT = 'readable-stream'
/** How mqtt.js connects, by the module that does: Node's HTTP alone, under WebSockets, takes 15 MB where it is loaded. */
const WAYS: Record<string, string[]> = { './ws': ['streamBuilder', 'browserStreamBuilder'], './tls': ['default'] }
/** It keeps a buffer for each number of two bytes that a packet may have: 7 MB. */
const NUMBERS = /\/mqtt-packet\/writeToStream\.js$/
/**
 * What of Node is loaded when it is first called. `import` of a module of Node also reads all that it exports, so that
 * `node:http` alone brings a second HTTP client with WebSockets: 16 MB, where the module itself takes 3.
 */
const LATER = ['node:child_process', 'node:crypto', 'node:http', 'node:https', 'node:tls', 'node:v8']
const NODE = '\0node:'
const WHOLE = '\0whole:'
const EMPTY = '\0without:'
const LAZY = '\0lazy:'

/** Leaves out of the bundle, or until it is asked for, what costs memory. */
export function lighter(): Plugin {
  return {
    name: 'lighter',
    async resolveId(name, importer) {
      const instead = INSTEAD[name]
      if (instead) return instead
      // Only of our own sources is it known that they do nothing but call it.
      if (LATER.includes(name) && importer?.endsWith('.ts')) return `${NODE}${name}`
      if (name in WITHOUT) return `${EMPTY}${name}`
      if (name === NODE_HAS_IT) return `${WHOLE}stream`
      if (isBuiltin(name) && importer?.includes('/node_modules/')) return `${WHOLE}${name}`
      if (!(name in WAYS) || !importer?.includes('/mqtt/build/lib/connect/') || importer.startsWith(LAZY)) return null
      const found = await this.resolve(name, importer, { skipSelf: true })
      return found && `${LAZY}${name}:${found.id}`
    },
    load(id) {
      if (id.startsWith(NODE)) return laterModule(id.slice(NODE.length))
      // A `require` of it reads all that it exports as well.
      if (id.startsWith(WHOLE)) return `module.exports = process.getBuiltinModule('${id.slice(WHOLE.length)}')`
      if (id.startsWith(EMPTY)) return WITHOUT[id.slice(EMPTY.length)] ?? null
      if (!id.startsWith(LAZY)) return null
      const [name = '', file = ''] = id.slice(LAZY.length).split(':')
      const ways = WAYS[name]?.map((way) => `${way}: (...all) => require(${JSON.stringify(file)}).${way}(...all)`)
      return `module.exports = { __esModule: true, ${ways?.join(', ')} }`
    },
    transform(code, id) {
      return NUMBERS.test(id) ? { code: `${code}\ngenerate.cacheNumbers = false\n`, map: null } : null
    },
  }
}

/** Its functions and classes, to be called or made; what is imported of anything else fails the build. */
function laterModule(name: string): string {
  const names = Object.entries(process.getBuiltinModule(name) ?? {}).filter(([, value]) => typeof value === 'function')
  return names
    .map(([one]) => {
      const real = `(process.getBuiltinModule('${name}').${one})` // unbracketed, `new` takes the call of getBuiltinModule
      return `export const ${one} = function (...all) { return new.target ? new ${real}(...all) : ${real}(...all) }`
    })
    .join('\n')
}
