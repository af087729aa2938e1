import { fileURLToPath } from 'node:url'
import { buildOnce } from '@ajar/build-once'

/** Where the server finds the built pages, which it serves at /docs/code. */
const DIST = fileURLToPath(new URL('dist', import.meta.url))

const HERE = fileURLToPath(new URL('.', import.meta.url))
const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url))
/** The packages whose public entry is documented. */
const PACKAGES = [
  'broker',
  'broker/protocol',
  'deploy/supervised',
  'deploy/watchdog',
  'edge-agent',
  'images',
  'models',
  'server',
] as const
/** Where a page names none, a browser asks for one that is not there. */
const ICON = 'server/web/src/design/icon.svg'
const SOURCES = [...PACKAGES.map((name) => `../../${name}/src/**/*.ts`), `../../${ICON}`, 'build.ts', 'package.json']

/**
 * Builds the reference of the code, unless it stands there built from the same sources.
 * @returns whether it was built
 * @throws Error where TypeDoc finds faults, which it prints
 */
export function buildCodeDocs(dist = DIST): Promise<boolean> {
  return buildOnce({ root: HERE, sources: SOURCES, dist, make: writePages })
}

async function writePages(folder: string) {
  // TypeDoc brings a compiler of its own: the one that checks the code has no interface for programs.
  const { Application } = await import('typedoc')
  const application = await Application.bootstrap({
    name: 'ajar',
    entryPoints: PACKAGES.map((name) => `${CHECKOUT}${name}/src/index.ts`),
    tsconfig: `${CHECKOUT}tsconfig.json`,
    basePath: CHECKOUT,
    readme: 'none',
    favicon: `${CHECKOUT}${ICON}`,
    disableGit: true, // a release is no checkout
    sourceLinkTemplate: '',
    disableSources: true,
    githubPages: false,
    skipErrorChecking: true, // `npm test` checks the types
    logLevel: 'Warn',
  })
  const project = await application.convert()
  if (!project || application.logger.hasErrors()) throw new Error('TypeDoc could not read the code: see above')
  await application.generateDocs(project, folder)
}

if (import.meta.main) {
  const startedAt = Date.now()
  if (await buildCodeDocs())
    console.log(`The reference of the code was built in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`)
}
