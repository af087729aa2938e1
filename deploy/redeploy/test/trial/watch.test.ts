import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Host } from '../../src/host.ts'
import { watchServer } from '../../src/trial/watch.ts'

let dataDir: string
let silent: Server
const waiting = new Set<Socket>()

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'ajar-watch-'))
  mkdirSync(join(dataDir, 'run'))
  writeFileSync(join(dataDir, 'run/probe'), 'probe')
  // As a socket unit whose service does not run.
  silent = createServer((socket) => {
    waiting.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => waiting.delete(socket))
  })
  await once(silent.listen(0, '127.0.0.1'), 'listening')
})
afterEach(() => {
  for (const socket of waiting) socket.destroy()
  silent.close()
  rmSync(dataDir, { recursive: true })
})

test('that its process has ended is seen while an answer is still waited for', async () => {
  const { port } = silent.address() as { port: number }
  let crashes = 0
  const host = {
    serverUrl: async () => `http://127.0.0.1:${port}`,
    dataDir: async () => dataDir,
    serverProcess: async () => {
      // It ends again and again, from the moment on when somebody waits for it.
      if (waiting.size > 0) crashes += 1
      return { pid: null, crashes, state: 'starting' as const }
    },
  } as Partial<Host> as Host
  const options = {
    release: 'r',
    readyLimitMs: 60_000,
    trialMs: 0,
    failingBefore: [],
    mayStand: true,
    mayCrash: false,
    takesWithinMs: null,
  }
  const { verdict } = await watchServer(host, options, new AbortController().signal)
  expect(verdict).toMatchObject({ is: 'sick', code: 'crashed' })
  expect(waiting.size).toBe(1)
})
