import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { libraryFor } from '../install-engine/library-host.ts'

const SCRIPT = fileURLToPath(new URL('../install-engine.ts', import.meta.url))
const FOLDER = fileURLToPath(new URL('../native/', import.meta.url))

/** Runs `npm run engine`'s script with `mirror` for the host of the library. */
function install(args: string[], mirror = ''): Promise<{ code: number; error: string }> {
  const env = { ...process.env, TFJS_NODE_BASE_URI: mirror, TFJS_NODE_CDN_STORAGE: mirror }
  return new Promise((resolve) =>
    execFile(process.execPath, [SCRIPT, ...args], { env }, (failure, _out, error) =>
      resolve({ code: Number(failure?.code ?? 0), error }),
    ),
  )
}

async function contents(): Promise<string[]> {
  return (await readdir(FOLDER, { recursive: true })).filter((path) => !path.includes('node_modules')).sort()
}

/** A host that answers every request alike. @returns where it is */
async function host(status: number): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/libtensorflow-`
}

test('a host that cannot be reached ends it before anything is installed', async () => {
  const before = await contents()
  const { code, error } = await install(['tfjs-node'], 'http://127.0.0.1:1/libtensorflow-')
  expect(code).toBe(1)
  expect(error).toContain('http://127.0.0.1:1 cannot be reached')
  expect(error).toContain(libraryFor(process.platform, process.arch, {}).mirroredBy)
  expect(await contents()).toEqual(before)
})

test('a mirror without the library is told of', async () => {
  const before = await contents()
  const { code, error } = await install(['tfjs-node'], await host(404))
  expect(code).toBe(1)
  expect(error).toMatch(/libtensorflow\S*\.tar\.gz is not there \(404\)/)
  expect(await contents()).toEqual(before)
})

test('an engine that nobody knows is the caller’s fault', async () => {
  expect(await install(['abacus'])).toMatchObject({ code: 2, error: expect.stringContaining('one of: tfjs-node') })
})

test('a platform without a library is told so', () => {
  expect(() => libraryFor('darwin', 'x64', {})).toThrow('no library for darwin on x64')
})

test.each([
  ['x64', /libtensorflow-cpu-linux-x86_64-2\.9\.1/],
  ['arm64', /linux_arm64/],
])('on %s a mirror is named by the variable that tfjs-node reads there', (arch, library) => {
  const { url, mirroredBy } = libraryFor('linux', arch, {})
  expect(url.pathname).toMatch(library)
  const mirrored = libraryFor('linux', arch, { [mirroredBy]: 'https://mirror.example/' })
  expect(mirrored.url.host).toBe('mirror.example')
})
