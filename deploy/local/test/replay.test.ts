import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { renderDoor } from '@ajar/edge-agent'
import { expect, onTestFinished, test, vi } from 'vitest'
import { replay } from '../src/replay.ts'

test("a replay leaves the caller's InfluxDB alone", { timeout: 60_000 }, async () => {
  let requests = 0
  const influx = createServer((_, answer) => {
    requests++
    answer.writeHead(204).end()
  }).listen(0, '127.0.0.1')
  await once(influx, 'listening')
  onTestFinished(() => void influx.close())
  vi.stubEnv('AJAR_INFLUX_URL', `http://127.0.0.1:${(influx.address() as AddressInfo).port}/production`)
  onTestFinished(() => void vi.unstubAllEnvs())

  const folder = await mkdtemp(join(tmpdir(), 'ajar-replay-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const [second, state] of (['closed', 'open'] as const).entries()) {
    await mkdir(join(folder, state))
    for (let i = 0; i < 6; i++) {
      const jpeg = await renderDoor({ seed: 1, atMs: i * 60_000, state, width: 128, height: 72 })
      await writeFile(join(folder, state, `2026010${i + 1}_12000${second}.jpg`), jpeg)
    }
  }
  const { signal } = new AbortController()
  const report = await replay({ folder, labels: 3, onProgress: () => {}, signal })
  expect(report).toMatchObject({ frames: 12, labelled: 6, evaluated: 6 })
  expect(requests).toBe(0)
})
