import { readFileSync } from 'node:fs'
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

/** All that has to be met in a build: where a library has moved it, it would be in the bundle again, and nobody would see. */
const PIECES = [...Object.keys(INSTEAD), ...Object.keys(WITHOUT), NODE_HAS_IT, ...Object.keys(WAYS), String(NUMBERS)]

/** Leaves out of the bundle, or until it is asked for, what costs memory. The build fails where one of `PIECES` is not there any more. */
export function lighter(): Plugin {
  const met = new Set<string>()
  return {
    name: 'lighter',
    async resolveId(name, importer) {
      const instead = INSTEAD[name]
      if (!(name in WAYS)) met.add(name)
      if (instead) return instead
      // Only of our own sources is it known that they do nothing but call it.
      if (LATER.includes(name) && importer?.endsWith('.ts')) return `${NODE}${name}`
      if (name in WITHOUT) return `${EMPTY}${name}`
      if (name === NODE_HAS_IT) return `${WHOLE}stream`
      if (isBuiltin(name) && importer?.includes('/node_modules/')) return `${WHOLE}${name}`
      if (!(name in WAYS) || !importer?.includes('/mqtt/build/lib/connect/') || importer.startsWith(LAZY)) return null
      met.add(name)
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
      const code = readFileSync(file, 'utf8')
      for (const way of WAYS[name] ?? [])
        if (!code.includes(`exports.${way} = `)) this.error(`${file} exports no ${way} any more`)
      const ways = WAYS[name]?.map((way) => `${way}: (...all) => require(${JSON.stringify(file)}).${way}(...all)`)
      return `module.exports = { __esModule: true, ${ways?.join(', ')} }`
    },
    transform(code, id) {
      if (!NUMBERS.test(id)) return null
      if (!/defineProperty\(generate, 'cacheNumbers'/.test(code)) this.error(`${id} has no cacheNumbers any more`)
      met.add(String(NUMBERS))
      return { code: `${code}\ngenerate.cacheNumbers = false\n`, map: null }
    },
    buildEnd(error) {
      const missing = PIECES.filter((piece) => !met.has(piece))
      if (!error && missing.length > 0) this.error(`what is to be left out is not there: ${missing.join(', ')}`)
    },
  }
}

/**
 * A module of Node whose exports load it when they are first used, in any way: called, made, extended, asked for a static member,
 * compared by `instanceof`, or read where they are objects such as `constants`. It holds no more of them than are imported.
 */
export function laterModule(name: string): string {
  const all = Object.entries(process.getBuiltinModule(name) ?? {})
  const head = `const later = (one, stand) => {
  const real = () => process.getBuiltinModule('${name}')[one]
  const me = new Proxy(stand, {
    apply: (_, self, all) => Reflect.apply(real(), self, all),
    construct: (_, all, made) => Reflect.construct(real(), all, made === me ? real() : made),
    get: (_, key) => real()[key],
    has: (_, key) => key in real(),
    ownKeys: (target) => [...new Set([...Reflect.ownKeys(target), ...Reflect.ownKeys(real())])],
    getOwnPropertyDescriptor(target, key) {
      const found = Reflect.getOwnPropertyDescriptor(target, key) ?? Reflect.getOwnPropertyDescriptor(real(), key)
      return found && (Object.hasOwn(target, key) ? found : { ...found, configurable: true })
    },
  })
  return me
}`
  const exported = all.map(([one, value]) => {
    if (value !== null && typeof value === 'object') return `export const ${one} = /*@__PURE__*/ later('${one}', {})`
    if (typeof value !== 'function') return `export const ${one} = ${JSON.stringify(value) ?? 'undefined'}`
    return `export const ${one} = /*@__PURE__*/ later('${one}', function () {})`
  })
  return [head, ...exported].join('\n')
}
