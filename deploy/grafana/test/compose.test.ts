import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { needsProgram } from '../../../test/setup/needs.ts'

const FILE = fileURLToPath(new URL('../../compose.yaml', import.meta.url))
const source = readFileSync(FILE, 'utf8')
/** What the file asks of `.env`. */
const NAMES = [...new Set([...source.matchAll(/\$\{(\w+):\?/g)].map(([, name = '']) => name))]

/** The file as Compose understands it, with its variables put in. */
function understood(environment: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'ajar-compose-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(join(folder, 'env'), lines.join(''))
  const asked = ['--env-file', join(folder, 'env'), '--profile', 'prometheus', '-f', FILE, 'config']
  return execFileSync('docker-compose', asked, {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
    stdio: 'pipe',
  })
}

test('Compose takes the file, and asks for a password that is missing', { timeout: 60_000 }, (context) => {
  needsProgram('docker-compose', 'docker-compose', context)
  expect(NAMES).toHaveLength(4)
  const all = Object.fromEntries(NAMES.map((name) => [name, `secret-${name}`]))
  const text = understood(all)
  for (const name of NAMES) expect(text).toContain(`secret-${name}`)
  for (const image of ['influxdb:', 'grafana/grafana:', 'prom/prometheus:']) expect(text).toContain(`image: ${image}`)
  expect(() => understood({ ...all, [NAMES[0] ?? '']: '' })).toThrow('is missing in .env')
})

test('what the README has one type makes all passwords', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const names = /for name in ([A-Z_ ]+); do/.exec(readme)?.[1]?.split(' ')
  expect(names?.map((name) => `${name}_PASSWORD`).sort()).toEqual(NAMES.toSorted())
})

test('images are pinned, and nothing listens off loopback', () => {
  const images = [...source.matchAll(/image: (\S+)/g)].map(([, image]) => image)
  expect(images).toHaveLength(3)
  for (const image of images) expect(image).toMatch(/:v?\d+\.\d+\.\d+$/)
  const ports = [...source.matchAll(/- (\S*:\d+:\d+)$/gm)].map(([, port]) => port)
  expect(ports).toHaveLength(2)
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/)
  // The one that is in the machine's own network has no ports of its own to be bound.
  expect(source.match(/network_mode: host/g)).toHaveLength(1)
  expect(source).toContain('--web.listen-address=127.0.0.1:')
})

test('what is mounted is there', () => {
  const mounted = [...source.matchAll(/- (\.\/\S+?):\//g)].map(([, path = '']) => path)
  expect(mounted.length).toBeGreaterThan(3)
  for (const path of mounted) expect(existsSync(new URL(`../../${path}`, import.meta.url)), path).toBe(true)
})

test('what Grafana is told of InfluxDB is what its data source asks for', () => {
  const asked = readFileSync(new URL('../provisioning/datasources/ajar.yaml', import.meta.url), 'utf8')
  const names = [...asked.matchAll(/\$(AJAR_\w+)/g)].map(([, name = '']) => name)
  expect(names).toHaveLength(4)
  for (const name of names) expect(source).toMatch(new RegExp(`${name}: \\S`))
})
