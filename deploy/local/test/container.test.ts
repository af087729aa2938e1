import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { needsProgram } from '../../../test/setup/needs.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const at = (path: string) => join(ROOT, path)
const dockerfile = readFileSync(at('deploy/Dockerfile'), 'utf8').replaceAll('\\\n', ' ')
const instructions = dockerfile.split('\n').filter((line) => /^[A-Z]/.test(line))

test('what the image runs and builds is there, and its settings are settings', async () => {
  const scripts = [...dockerfile.matchAll(/(?<=[\s"])(?:server|deploy)\/[\w/.-]+\.ts/g)].map(([path]) => path)
  expect(scripts).toEqual(expect.arrayContaining(['deploy/local/start.ts', 'deploy/local/live.ts']))
  expect(scripts.filter((path) => !existsSync(at(path)))).toEqual([])
  const table = readFileSync(at('README.md'), 'utf8')
  const settings = [...new Set(dockerfile.match(/AJAR_[A-Z_]+/g))]
  expect(settings.length).toBeGreaterThan(3)
  expect(settings.filter((name) => !table.includes(`| \`${name}\` |`))).toEqual([])
  const { scripts: commands } = JSON.parse(readFileSync(at('package.json'), 'utf8'))
  const [pnpm] = /pnpm@[\d.]+/.exec(commands.start) ?? ['']
  expect(dockerfile.match(/pnpm@[\d.]+/g)).toEqual([pnpm, pnpm])
})

test('it runs as a user of its own, and nothing of this machine goes in', () => {
  expect(instructions.findLast((line) => line.startsWith('USER '))).toBe('USER ajar')
  const kept = readFileSync(at('deploy/Dockerfile.dockerignore'), 'utf8').split('\n')
  for (const name of ['.git', '**/node_modules', '**/data', '**/*.pem', '**/*.token', '**/.env'])
    expect(kept, name).toContain(name)
})

test('Compose takes the file; its volumes are folders of the checkout, in the places where the image has them', {
  timeout: 60_000,
}, (context) => {
  needsProgram('docker-compose', 'docker-compose', context)
  const text = execFileSync('docker-compose', ['-f', at('deploy/compose.ajar.yaml'), 'config'], {
    ...{ encoding: 'utf8', stdio: 'pipe', env: { PATH: process.env.PATH } },
  })
  const mounts = [...text.matchAll(/^ +- (\/\S+):\/opt\/ajar\/([\w/]+):(r[ow])$/gm)].map(([, from = '', to = '']) => ({
    from,
    to,
  }))
  expect(mounts.map(({ to }) => to).sort()).toEqual([
    'server/src',
    'server/tasks',
    'server/web/public',
    'server/web/src',
  ])
  for (const { from, to } of mounts) expect(from).toBe(at(to))
  expect(text).toContain('127.0.0.1:20002:20002')
})
