import { posix } from 'node:path'
import { expect, test } from 'vitest'
import { read, tracked } from './tracked.ts'

const MOST_LINES = 400
const sources = tracked('*.ts', '*.tsx', '*.js', '*.sh')
const manifests = tracked('package.json', '**/package.json')

test('CONTRIBUTING.md walks through every folder that holds source', () => {
  const text = read('CONTRIBUTING.md')
  const packages = new Set(manifests.map((path) => posix.dirname(path)))
  // A package's own name stands for its `src` and its `test`.
  const named = (folder: string) => text.includes(`\`${folder}/\``)
  const isNamed = (folder: string) =>
    named(folder) ||
    (/\/(src|test)$/.test(folder) && packages.has(posix.dirname(folder)) && named(posix.dirname(folder)))
  const folders = [...new Set(sources.map((path) => posix.dirname(path)))].filter((folder) => folder !== '.')
  expect(folders.length).toBeGreaterThan(20)
  expect(folders.filter((folder) => !isNamed(folder))).toEqual([])
})

test('every folder that CONTRIBUTING.md names is there', () => {
  const names = [...read('CONTRIBUTING.md').matchAll(/^\| (`[^|]*)\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+\/)`/g)].map(([, folder = '']) => folder),
  )
  const everything = tracked()
  expect(names.length).toBeGreaterThan(20)
  expect(names.filter((folder) => !everything.some((path) => path.startsWith(folder)))).toEqual([])
})

test("the walk at the top of the edge agent's index names every file but the drivers, which are listed in `drivers.ts`", () => {
  const [walk = ''] = read('edge-agent/src/index.ts').split('*/')
  const files = sources.filter((path) => path.startsWith('edge-agent/src/') && !path.includes('/drivers/'))
  expect(files.length).toBeGreaterThan(20)
  const named = new Set([...walk.matchAll(/([\w-]+\.ts)`/g)].map(([, name]) => name))
  const unnamed = files.filter((path) => !named.has(posix.basename(path)))
  expect(unnamed).toEqual(['edge-agent/src/index.ts'])
})

test(`no file tells more than one story: ${MOST_LINES} lines at most`, () => {
  const long = sources.map((path) => ({ path, lines: read(path).split('\n').length - 1 }))
  expect(long.filter(({ lines }) => lines > MOST_LINES)).toEqual([])
})

test('what a whole file needs is taken away by `afterFile`: an `afterAll` handed on to a hook never runs', () => {
  const handedOn = sources.filter((path) => path.includes('test') && /[(,:] *afterAll *[),;]/.test(read(path)))
  expect(handedOn.filter((path) => path !== 'test/rules/repository.test.ts')).toEqual([])
})

test('every dependency is pinned', () => {
  const loose = manifests.flatMap((path) => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read(path))
    return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
      .filter(([, version]) => !/^(workspace:\*|\d+\.\d+\.\d+(-[\w.]+)?)$/.test(String(version)))
      .map(([name, version]) => `${path}: ${name} ${version}`)
  })
  expect(loose).toEqual([])
})

test('the lockfile holds no download address: it works with any registry', () => {
  const lock = read('pnpm-lock.yaml')
  expect(lock).toContain('integrity: sha512-')
  expect(lock.match(/^.*(https?:|tarball:).*$/gm) ?? []).toEqual([])
})
