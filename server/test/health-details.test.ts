import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openProbe } from '../src/observe/probe.ts'
import { ownRelease } from '../src/releases/own-release.ts'
import { plainJpeg } from './pictures.ts'
import { RunningServer } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const log = { warn: () => {} }
const readProbe = (dataDir: string) => readFileSync(join(dataDir, 'run', 'probe'), 'utf8').trim()

async function ready(server: RunningServer, headers: Record<string, string>) {
  const response = await fetch(`${server.url}/api/health/ready`, { headers })
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  return (await response.json()) as any
}

describe('GET /api/health/ready', () => {
  test('tells who can read the data folder how many frames went how far, and strangers nothing', async () => {
    const server = await RunningServer.start(onTestFinished)
    const probe = { 'x-ajar-probe': readProbe(server.dataDir) }
    expect(await ready(server, probe)).toMatchObject({ release: null, frames: { taken: 0, ended: 0, waiting: 0 } })
    const jpeg = await plainJpeg(1)
    const at = Date.now()
    await server.ended(await server.send('pi/cam', jpeg, at))
    await server.ended(await server.send('pi/cam', await plainJpeg(2), at + 1))
    await server.send('pi/cam', jpeg, at) // the same again is no frame more
    const told = await ready(server, probe)
    expect(told.frames).toEqual({ taken: 2, ended: 2, waiting: 0 })
    expect(told.checks.every(({ text }: { text: unknown }) => typeof text === 'string')).toBe(true)
    expect((await server.call('GET', '/api/health/ready')).body.frames).toEqual(told.frames)
    const wrong = [{}, { 'x-ajar-probe': '' }, { 'x-ajar-probe': '0'.repeat(64) }]
    for (const headers of wrong) {
      const stranger = await ready(server, headers as Record<string, string>)
      expect(stranger).toMatchObject({ release: null, frames: null })
      expect(stranger.checks.some(({ text }: { text: unknown }) => text !== null)).toBe(false)
    }
  })
})

describe('the secret of the probe', () => {
  test('is new at each start, and nobody else may read it', async () => {
    const dataDir = await temporaryFolder(onTestFinished)
    const isFirst = openProbe(dataDir, log)
    const first = readProbe(dataDir)
    expect(first).toMatch(/^[0-9a-f]{64}$/)
    expect(statSync(join(dataDir, 'run', 'probe')).mode & 0o777).toBe(0o600)
    const isSecond = openProbe(dataDir, log)
    const second = readProbe(dataDir)
    expect([isFirst(first), isSecond(first), isSecond(second), isSecond('')]).toEqual([true, false, true, false])
  })

  test('stays where the disk takes no new one', async () => {
    const dataDir = await temporaryFolder(onTestFinished)
    openProbe(dataDir, log)
    const before = readProbe(dataDir)
    mkdirSync(join(dataDir, 'run', 'probe.new')) // nothing can be written there
    const warned: unknown[] = []
    const isProbe = openProbe(dataDir, { warn: (...said: unknown[]) => void warned.push(said) })
    expect([isProbe(before), readProbe(dataDir), warned.length]).toEqual([true, before, 1])
  })
})

test('a release knows its id by its last file', async () => {
  const folder = await temporaryFolder(onTestFinished)
  const file = join(folder, 'complete')
  expect(ownRelease(new URL(`file://${file}`))).toBeNull()
  writeFileSync(file, 'server-0.1.0-0123456789ab\n')
  expect(ownRelease(new URL(`file://${file}`))).toBe('server-0.1.0-0123456789ab')
  rmSync(file)
  mkdirSync(file)
  chmodSync(file, 0o700)
  expect(ownRelease(new URL(`file://${file}`))).toBeNull()
})
