import { glob, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import { buildOnce } from '@ajar/build-once'

/** Where the server finds the built console. */
const DIST = fileURLToPath(new URL('dist', import.meta.url))

const WEB = fileURLToPath(new URL('.', import.meta.url))
const SOURCES = ['src/**/*', 'public/**/*', 'index.html', 'vite.config.ts', 'build.ts', 'package.json']
/** What browsers take compressed; pictures are so already. */
const TEXT = '**/*.{html,js,css,svg,webmanifest}'

/**
 * Builds the console unless it stands there built from the same sources.
 * @param dist where it is put
 * @returns whether it was built
 * @throws Error of Vite that names the source at fault
 */
export function buildConsole(dist = DIST): Promise<boolean> {
  return buildOnce({ root: WEB, sources: SOURCES, dist, make: bundle })
}

async function bundle(folder: string) {
  const { build } = await import('vite')
  await asInProduction(() =>
    build({
      root: WEB,
      logLevel: 'warn',
      build: { outDir: folder, emptyOutDir: true, reportCompressedSize: false },
    }),
  )
  await compress(folder)
}

/** Vite goes by what stands in NODE_ENV: under a test runner it would build pages that are a tenth larger, and kept. */
async function asInProduction(work: () => Promise<unknown>) {
  const { NODE_ENV } = process.env
  process.env.NODE_ENV = 'production'
  try {
    await work()
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = NODE_ENV
  }
}

/** Once, and as small as it gets, instead of with every request. */
async function compress(folder: string) {
  for await (const name of glob(TEXT, { cwd: folder })) {
    const file = join(folder, name)
    const text = await readFile(file)
    await writeFile(`${file}.br`, await promisify(brotliCompress)(text))
    await writeFile(`${file}.gz`, await promisify(gzip)(text, { level: 9 }))
  }
}

if (import.meta.main) {
  const startedAt = Date.now()
  if (await buildConsole()) console.log(`The console was built in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`)
}
