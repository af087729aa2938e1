import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { read, tracked } from './tracked.ts'

/**
 * Who may import whom (DESIGN.md 2). Between packages: the table below, by public entries only. Inside a package a
 * feature may know another feature's types, and nothing of it at run time: what it needs done is handed in as a function
 * by the composition root. Foundations know no feature at all.
 */

/** Packages by folder, and which of our packages their source may import. Tests may import what they test against. */
const PACKAGES: Record<string, { name: string; imports: string[] }> = {
  'broker/protocol': { name: '@ajar/protocol', imports: [] },
  broker: { name: '@ajar/broker', imports: ['@ajar/protocol'] },
  images: { name: '@ajar/images', imports: [] },
  models: { name: '@ajar/models', imports: [] },
  'edge-agent': { name: '@ajar/edge-agent', imports: ['@ajar/protocol', '@ajar/supervised', '@ajar/bundle'] },
  'edge-agent/build': { name: '@ajar/agent-bundle', imports: [] },
  server: {
    name: '@ajar/server',
    imports: ['@ajar/protocol', '@ajar/broker', '@ajar/images', '@ajar/models', '@ajar/supervised', '@ajar/bundle'],
  },
  'server/web': { name: '@ajar/console', imports: ['@ajar/build-once'] },
  'docs/code': { name: '@ajar/code-docs', imports: ['@ajar/build-once'] },
  'deploy/build-once': { name: '@ajar/build-once', imports: [] },
  'deploy/bundle': { name: '@ajar/bundle', imports: [] },
  'deploy/grafana': { name: '@ajar/dashboards', imports: [] },
  'deploy/redeploy': { name: '@ajar/redeploy', imports: [] },
  'deploy/supervised': { name: '@ajar/supervised', imports: [] },
  'deploy/watchdog': { name: '@ajar/watchdog', imports: [] },
  'deploy/local': {
    name: '@ajar/local',
    imports: ['@ajar/protocol', '@ajar/edge-agent', '@ajar/server', '@ajar/watchdog', '@ajar/redeploy'],
  },
}

/** Folders of a package's `src`. What stands directly in `src` is the composition root, or as plain as a foundation. */
const INSIDE: Record<string, { roots: string[]; features: string[]; foundations: string[] }> = {
  server: {
    roots: [
      'app.ts',
      'open-analysis.ts',
      'dispatcher-process.ts',
      'open-broker.ts',
      'open-entrance.ts',
      'open-recorder.ts',
      'health-checks.ts',
      'pipeline.ts',
      'routes.ts',
      'main.ts',
      'server-process.ts',
      'worker.ts',
      'worker-process.ts',
      'worker-task.ts',
      'programs-worker.ts',
      'programs-worker-process.ts',
      'backup-process.ts',
      'restore-process.ts',
      'index.ts',
    ],
    features: [
      'ingest',
      'classify',
      'record',
      'observe',
      'devices',
      'doors',
      'auth',
      'jobs',
      'training',
      'history',
      'retention',
      'processes',
      'legacy',
      'alerts',
      'releases',
      'backup',
      'datasessions',
      'tasks',
      'programs',
    ],
    foundations: ['database', 'http', 'tls', 'logging', 'cgroups', 'sandbox'],
  },
  'edge-agent': {
    roots: ['agent.ts', 'main.ts', 'agent-process.ts', 'index.ts', 'config.ts', 'settings.ts'],
    features: ['capture', 'sensors', 'outbox', 'publish'],
    foundations: ['door'],
  },
}

interface Import {
  file: string
  target: string
  /** Gone when the program runs. */
  typeOnly: boolean
}

const STATEMENT = /^(?:import|export)\s+(type\s)?\s*([^'";]*?)\s*from\s+'([^']+)'/gm
const BARE = /(?:^import\s+|\bimport\(\s*)'([^']+)'/gm

function importsOf(file: string): Import[] {
  const text = read(file)
  const statements = [...text.matchAll(STATEMENT)].map(([, type, names = '', target = '']) => {
    const braced = /^\{([\s\S]*)\}$/
      .exec(names)?.[1]
      ?.split(',')
      .map((name) => name.trim())
    const onlyTypes = braced?.filter(Boolean).every((name) => name.startsWith('type ')) ?? false
    return { file, target, typeOnly: type !== undefined || onlyTypes }
  })
  const bare = [...text.matchAll(BARE)].map(([, target = '']) => ({ file, target, typeOnly: false }))
  // A script that a test writes names what the test fills in.
  return [...statements, ...bare].filter(({ target }) => !target.startsWith('${'))
}

const files = tracked('*.ts', '*.tsx')
const packageOf = (file: string) =>
  Object.keys(PACKAGES)
    .sort((a, b) => b.length - a.length)
    .find((folder) => file.startsWith(`${folder}/`))
const isTest = (file: string) => /(^|\/)test\//.test(file)
/** Makes the bundle, and is in no release: what it needs is a devDependency. */
const onlyBuilds = (file: string) => /^deploy\/bundle\/[^/]+$/.test(file)
const show = ({ file, target }: Import) => `${file} imports ${target}`
/** Where a relative import leads, from the root of the repository. */
const resolved = ({ file, target }: Import) => posix.join(posix.dirname(file), target)

test('the imports are found', () => {
  const found = importsOf('server/src/app.ts').map(({ target }) => target)
  expect(found).toEqual(expect.arrayContaining(['node:path', '@ajar/broker', './pipeline.ts', './logging/logging.ts']))
  const log = importsOf('server/src/app.ts').find(({ target }) => target === './logging/logging.ts')
  expect(log?.typeOnly).toBe(true)
})

describe('between packages', () => {
  test.each(Object.entries(PACKAGES))('%s imports what it may', (folder, { imports }) => {
    const wrong = files
      .filter((file) => packageOf(file) === folder && !isTest(file))
      .flatMap(importsOf)
      .filter(({ target }) => target.startsWith('@ajar/') && !imports.includes(target))
    expect(wrong.map(show)).toEqual([])
  })

  test('nobody reaches past a public entry, or into another package by a path', () => {
    const wrong = files.flatMap(importsOf).filter((one) => {
      if (one.target.startsWith('@ajar/')) return one.target.split('/').length > 2
      // What says that a neighbour is missing, and the kernel that some boot, stand once, for the tests of all packages.
      if (isTest(one.file) && /^test\/(setup|gpio)\//.test(resolved(one))) return false
      return /^\.\.?\//.test(one.target) && packageOf(resolved(one)) !== packageOf(one.file)
    })
    expect(wrong.map(show)).toEqual([])
  })

  test('what a package imports stands in its package.json', () => {
    const wrong = files.flatMap(importsOf).filter(({ file, target }) => {
      const folder = packageOf(file) ?? (file.startsWith('test/') ? 'test' : '.')
      if (/^(\.|node:|\/)/.test(target) || folder === '.') return false
      const name = target
        .split('/')
        .slice(0, target.startsWith('@') ? 2 : 1)
        .join('/')
      const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read(`${folder}/package.json`))
      const root = JSON.parse(read('package.json')).devDependencies
      const known = {
        ...dependencies,
        ...optionalDependencies,
        ...(isTest(file) ? { ...devDependencies, ...root } : {}),
        ...(onlyBuilds(file) ? devDependencies : {}),
      }
      return !(name in known)
    })
    expect(wrong.map(show)).toEqual([])
  })
})

describe.each(Object.entries(INSIDE))('inside %s', (folder, { roots, features, foundations }) => {
  const source = `${folder}/src/`
  const partOf = (file: string) => file.slice(source.length).split('/')[0] ?? ''
  const ours = files.filter((file) => file.startsWith(source))
  const inner = ours.flatMap(importsOf).filter((one) => one.target.startsWith('.') && resolved(one).startsWith(source))

  test('every folder is a feature or a foundation', () => {
    const folders = new Set(ours.map(partOf).filter((part) => !part.endsWith('.ts')))
    expect([...folders].sort()).toEqual([...features, ...foundations].sort())
  })

  test('only the composition root knows several features; others know types of theirs', () => {
    const wrong = inner.filter((one) => {
      const [from, to] = [partOf(one.file), partOf(resolved(one))]
      return features.includes(to) && from !== to && !roots.includes(from) && !one.typeOnly
    })
    expect(wrong.map(show)).toEqual([])
  })

  test('a foundation knows no feature and nobody knows a composition root', () => {
    const wrong = inner.filter((one) => {
      const [from, to] = [partOf(one.file), partOf(resolved(one))]
      if (foundations.includes(from) && features.includes(to)) return true
      return roots.includes(to) && to !== 'config.ts' && !roots.includes(from)
    })
    expect(wrong.map(show)).toEqual([])
  })
})
