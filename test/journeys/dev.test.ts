import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

test('the command of npm run dev starts the server, which listens', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-dev-'))
  const child = spawn(process.execPath, ['--watch', 'server/src/main.ts'], {
    cwd: ROOT,
    env: { ...process.env, AJAR_DATA_DIR: folder, AJAR_HTTP_PORT: '0', AJAR_MQTT_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await new Promise((resolve) => child.once('exit', resolve))
    await rm(folder, { recursive: true, force: true })
  })
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (line.startsWith('{"listening"')) break
  }
  expect(JSON.parse(lines.at(-1) ?? '{}')).toEqual({
    listening: { http: expect.any(Number), mqtt: expect.any(Number) },
  })
})
