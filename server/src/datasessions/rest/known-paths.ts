import type { Http } from '../../http/http.ts'

/** Which methods a path of a scope takes, for those who call it with another one. */
export function knowPaths(scope: Http) {
  const known = new Map<string, { matches: RegExp; methods: Set<string> }>()
  scope.addHook('onRoute', ({ url, method, schema }) => {
    if (schema?.hide) return // what says of all others that they are none
    const path = known.get(url) ?? { matches: patternOf(url), methods: new Set(['OPTIONS']) }
    for (const each of [method].flat()) path.methods.add(each)
    known.set(url, path)
  })
  return {
    /** Empty where it is no path at all. */
    methodsOf(url: string): string[] {
      const [path = ''] = url.split('?', 1)
      const matching = [...known.values()].filter(({ matches }) => matches.test(path))
      return [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort()
    },
  }
}

function patternOf(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part.startsWith(':')) return '[^/]+'
    return part === '*' ? '.*' : part.replace(/[^\w-]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('/').replace(/\/$/, '')}/?$`)
}
