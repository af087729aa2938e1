import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { buildConsole } from '../build.ts'

/** A folder is put in place by a rename, so it stands on the same disk. */
const ASIDE = fileURLToPath(new URL('../node_modules/.console-test-', import.meta.url))

async function folder(): Promise<string> {
  const made = await mkdtemp(ASIDE)
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  return made
}

test('the console is built once from the same sources, and anew from others', { timeout: 120_000 }, async () => {
  const dist = join(await folder(), 'dist')
  expect(await buildConsole(dist)).toBe(true)
  expect(await buildConsole(dist)).toBe(false)
  expect((await stat(dist)).mode & 0o777).toBe(0o755)
  const page = await readFile(join(dist, 'index.html'), 'utf8')
  // It can be put on a home screen: all that the manifest names is there.
  const manifest = JSON.parse(
    await readFile(join(dist, /<link rel="manifest" href="([^"]+)"/.exec(page)?.[1] ?? ''), 'utf8'),
  )
  for (const { src, sizes } of manifest.icons) {
    const png = await readFile(join(dist, src))
    expect(`${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`).toBe(sizes)
  }
  expect(page).toMatch(/src="\/assets\/[^"]+\.js"/)
  // The policy that the server sends with it allows nothing that stands in the page itself.
  expect(page).not.toMatch(/<style|<script(?![^>]*src=)|style="|onload=/)

  for (const name of await readdir(join(dist, 'assets'))) {
    if (!/\.(js|css|svg)$/.test(name)) continue
    const file = join(dist, 'assets', name)
    const text = await readFile(file)
    expect(brotliDecompressSync(await readFile(`${file}.br`)).equals(text)).toBe(true)
    expect(gunzipSync(await readFile(`${file}.gz`)).equals(text)).toBe(true)
  }

  await writeFile(join(dist, 'sources.sha256'), 'what it was built from before')
  await writeFile(join(dist, 'old.js'), 'of the build before')
  expect(await buildConsole(dist)).toBe(true)
  expect(await readdir(dist)).not.toContain('old.js')
})

test('two builds at a time leave one whole console', { timeout: 120_000 }, async () => {
  const parent = await folder()
  const dist = join(parent, 'dist')
  await Promise.all([buildConsole(dist), buildConsole(dist)])
  expect(await readdir(parent)).toEqual(['dist'])
  expect(await buildConsole(dist)).toBe(false)
})
