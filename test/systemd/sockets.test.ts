import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { needs } from '../setup/needs.ts'
import { InstalledServer } from './installed-server.ts'
import { killing } from './killing.ts'
import { Machine, whyNoMachine } from './machine.ts'

/** systemd holds the sockets, so whoever comes while the server restarts waits instead of being refused. */

const LIMIT_MS = 180_000
const KILLS = 3

const trouble = whyNoMachine()
let machine: Machine
let server: InstalledServer

beforeAll(async () => {
  if (trouble !== null) return
  machine = await Machine.start()
  server = await InstalledServer.install(machine)
}, LIMIT_MS)
afterAll(async () => machine?.close())
beforeEach((context) => needs(trouble === null, trouble ?? '', context))

test(
  'killed again and again, it loses no acknowledged frame, and nobody is refused',
  async () => {
    const { broken, ...report } = await killing(server, KILLS)
    console.log(JSON.stringify(report))
    expect(broken).toEqual([])
    expect(report.acknowledged).toBeGreaterThan(0)
    // What the killed server was answering at that moment is lost with it, and nothing else: some 50 a second, of a few
    // milliseconds each, are seldom more than one.
    expect(report).toMatchObject({ refused: 0, unexplained: 0 })
    expect(report.cut).toBeLessThanOrEqual(KILLS)
    expect(report.requests).toBeGreaterThanOrEqual(500 * KILLS)
  },
  LIMIT_MS,
)
