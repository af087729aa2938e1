import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
const NODE = `node-linux-${process.arch}`
/** What only builds; a version that our own lockfile has. */
const BUILDS_ONLY = 'typescript'
const BUILDS_ONLY_VERSION = '6.0.3'

/** What the scripts that build are in a small tree. */
export interface Builds {
  console?: string
  bundle?: string
  reference?: string
}

const writes = (folder: string, name = 'index.html') =>
  `import { mkdirSync, writeFileSync } from 'node:fs'
mkdirSync('${folder}', { recursive: true })
writeFileSync('${folder}/${name}', '{"folder":"b"}')
`

/** Files of an ajar that is as small as one can be: it is installed, built and made a release of like the real one. */
export function smallTree({ console, bundle, reference }: Builds = {}): Record<string, string> {
  return {
    ...theRest(),
    'server/web/build.ts': console ?? writes('server/web/dist'),
    'deploy/bundle/build.ts': bundle ?? writes('deploy/bundle/dist', 'current.json'),
    'docs/code/build.ts': reference ?? writes('docs/code/dist'),
  }
}

/** One that brings what is built. */
export function builtTree(): Record<string, string> {
  const builds = { console: 'process.exit(1)', bundle: 'process.exit(1)', reference: 'process.exit(1)' }
  const built = { 'server/web/dist/index.html': 'the console', 'docs/code/dist/index.html': 'the reference' }
  return { ...smallTree(builds), ...built, 'deploy/bundle/dist/current.json': '{"folder":"b"}' }
}

function theRest(): Record<string, string> {
  const { scripts, optionalDependencies } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8'))
  const version: string = optionalDependencies[NODE]
  const devDependencies = { [BUILDS_ONLY]: BUILDS_ONLY_VERSION }
  const manifest = (fields: object) => JSON.stringify({ version: '7.8.9', type: 'module', ...fields })
  const release = globSync('deploy/release/*.ts', { cwd: ROOT }).map((path): [string, string] => [
    path,
    readFileSync(`${ROOT}/${path}`, 'utf8'),
  ])
  return {
    ...Object.fromEntries(release),
    'package.json': manifest({ name: 'ajar', scripts, devDependencies, optionalDependencies: { [NODE]: version } }),
    'pnpm-workspace.yaml': 'packages:\n  - server\n  - deploy/redeploy\n',
    'pnpm-lock.yaml': lockfile(version),
    '.gitignore': 'node_modules/\n',
    'server/package.json': manifest({ name: '@ajar/server' }),
    'server/src/main.ts': 'export {}\n',
    'deploy/redeploy/package.json': manifest({ name: '@ajar/redeploy' }),
    'deploy/redeploy/src/main.ts': 'export {}\n',
    'deploy/redeploy/test/some.test.ts': 'export {}\n',
  }
}

/** As pnpm writes it; the digests are those of our own lockfile. */
function lockfile(version: string): string {
  const ours = readFileSync(`${ROOT}/pnpm-lock.yaml`, 'utf8')
  const entryOf = (id: string) => new RegExp(`^  ${id}:\\n(?:    .*\\n)+`, 'm').exec(ours)?.[0] ?? ''
  const dependency = (name: string, version: string) =>
    `      ${name}:\n        specifier: ${version}\n        version: ${version}`
  return `lockfileVersion: '9.0'

settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false

importers:

  .:
    devDependencies:
${dependency(BUILDS_ONLY, BUILDS_ONLY_VERSION)}
    optionalDependencies:
${dependency(NODE, version)}

  deploy/redeploy: {}

  server: {}

packages:

${entryOf(`${NODE}@${version}`)}
${entryOf(`${BUILDS_ONLY}@${BUILDS_ONLY_VERSION}`)}
snapshots:

  ${NODE}@${version}:
    optional: true

  ${BUILDS_ONLY}@${BUILDS_ONLY_VERSION}: {}
`
}
