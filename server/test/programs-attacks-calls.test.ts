import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { chmodSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { attack } from './attacks/attack.ts'
import { type Caller, callerFor, KINDS, runBare } from './attacks/caller.ts'
import { until } from './running-server.ts'

describe.each(KINDS)('In a box that is made by: %s', (kind) => {
  let caller: Caller
  beforeEach(async (context) => {
    caller = await callerFor(kind, context)
  })

  test('no system call is had that reaches out of it, by any door', async () => {
    const { through, kept, stdout, end } = await attack(caller, 'system-calls', [])
    expect(through).toEqual([])
    expect(stdout).toMatch(/\ndone\n$/)
    expect(kept.length).toBeGreaterThan(80)
    expect(end).toMatchObject({ code: 0, exceeded: null })
  })

  test('there is no socket that leads anywhere: not TCP, UDP, raw, vsock, netlink, unix or abstract ones', async () => {
    const { words, heard } = await ears()
    const { through, stdout } = await attack(caller, 'sockets', words)
    expect(through).toEqual([])
    expect(stdout).toContain('works pair')
    expect(stdout).toMatch(/\ndone\n$/)
    expect(heard).toEqual([])
  })

  test('nothing is typed into a terminal', async () => {
    const { through, stdout } = await attack(caller, 'terminal', ['ajar-was-here'])
    expect(through).toEqual([])
    expect(stdout).toMatch(/\ndone\n$/)
  })
})

describe('Without a box', () => {
  test('the same system calls are had', async () => {
    const printed = await runBare('system-calls', [])
    for (const call of [
      'unshare of users',
      'clone3',
      'ptrace, being traced',
      'personality',
      'new privileges',
      'the filter',
    ])
      expect(printed).toMatch(new RegExp(`^THROUGH ${call}`, 'm'))
    expect(printed).toMatch(/\ndone\n$/)
  })

  test('the same sockets are heard', async () => {
    const { words, heard } = await ears()
    const printed = await runBare('sockets', words)
    await until(() => heard.length >= 4)
    for (const each of ['families', 'TCP', 'UDP', 'unix socket', 'abstract'])
      expect(printed).toMatch(new RegExp(`^THROUGH ${each}`, 'm'))
    expect(heard.toSorted()).toEqual(['TCP', 'UDP', 'abstract', 'unix'])
  })
})

/** Servers of this machine, as the arguments of `sockets.c`, and which of them was spoken to. */
async function ears() {
  const heard: string[] = []
  const folder = mkdtempSync(join(tmpdir(), 'ajar-listening-'))
  chmodSync(folder, 0o755)
  onTestFinished(() => rm(folder, { recursive: true }))
  const [path, abstract] = [join(folder, 'socket'), `ajar-abstract-${process.pid}-${++asked}`]
  const tcp = await listening('TCP', { port: 0, host: '127.0.0.1' }, heard)
  await listening('unix', { path }, heard)
  chmodSync(path, 0o777)
  await listening('abstract', { path: `\0${abstract}` }, heard)
  const udp = createSocket('udp4', () => heard.push('UDP'))
  udp.bind(0, '127.0.0.1')
  await once(udp, 'listening')
  onTestFinished(() => void udp.close())
  const words = [String((tcp.address() as AddressInfo).port), String(udp.address().port), path, abstract]
  return { words, heard }
}

let asked = 0

async function listening(name: string, where: object, heard: string[]): Promise<Server> {
  const server = createServer((socket) => {
    heard.push(name)
    socket.destroy()
  })
  server.listen(where)
  await once(server, 'listening')
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return server
}
