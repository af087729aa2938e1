import { expect, test } from 'vitest'
import { InstalledServer, UNIT } from './installed-server.ts'
import type { Machine } from './machine.ts'
import { machineForFile } from './machine-for-file.ts'
import { HOME, linked, otherRelease, serverBegins } from './other-release.ts'

/** Redeploys to releases that are there, asked for at a terminal, with the units as they are installed. */

const LIMIT_MS = 240_000

let machine: Machine
let server: InstalledServer
let first: string

machineForFile(async (started) => {
  machine = started
  server = await InstalledServer.install(machine)
  first = await linked(machine, 'current')
})

const links = async () => [await linked(machine, 'current'), await linked(machine, 'trusted')]
const redeploy = (...words: string[]) => machine.run(['/usr/local/sbin/ajar-redeploy', ...words], { limitMs: LIMIT_MS })

const variant = (name: string, change?: string) => otherRelease(machine, first, name, change)

/** The server that answers, as it says to whoever can read its data. */
async function running(): Promise<string> {
  const ask = 'curl --silent --header "x-ajar-probe: $(cat /var/lib/ajar/run/probe)" 127.0.0.1:20002/api/health/ready'
  return JSON.parse(await machine.shell(ask)).release
}

test(
  'a good one is rehearsed, switched to, tried and kept; server and worker run from it',
  async () => {
    await variant('next')
    const { code, stdout, stderr } = await redeploy('back', 'next')
    console.log(stdout)
    expect(code, stdout + stderr).toBe(0)
    expect(await links()).toEqual(['next', 'next'])
    expect(await running()).toBe('next')
    for (const unit of [UNIT, 'ajar-worker.service']) {
      const { MainPID } = await machine.show(unit, 'MainPID')
      expect(await machine.shell(`readlink /proc/${MainPID}/cwd`)).toBe(`${HOME}/releases/next\n`)
    }
    expect((await redeploy('list')).stdout).toMatch(/\* +next +good/)
  },
  LIMIT_MS,
)

test(
  'one that crashes at its start is found out by the rehearsal: what runs is not touched',
  async () => {
    const pid = await server.pid()
    await variant('crash', serverBegins('throw new Error("a fault of the release")'))
    const { code, stdout, stderr } = await redeploy('back', 'crash')
    expect(code).toBe(1)
    expect(stdout + stderr).toContain('a fault of the release')
    expect(await links()).toEqual(['next', 'next'])
    expect(await server.pid()).toBe(pid)
  },
  LIMIT_MS,
)

test(
  'one that is only good in the rehearsal is gone back from, without an alarm',
  async () => {
    const fault = 'if (process.env.AJAR_REHEARSAL !== "1") throw new Error("a fault of the release")'
    await variant('sick', serverBegins(fault))
    const { code, stdout } = await redeploy('back', 'sick')
    console.log(stdout)
    expect(code).toBe(1)
    expect(await links()).toEqual(['next', 'next'])
    expect(await running()).toBe('next')
    expect(await machine.shell('journalctl --boot --priority=alert --output=cat --no-pager')).not.toContain(
      'has given up',
    )
    expect((await redeploy('list')).stdout).toMatch(/sick +bad/)
  },
  LIMIT_MS,
)
