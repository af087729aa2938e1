import { afterAll, beforeEach, expect, type TestContext, test } from 'vitest'
import { until } from '../journeys/system.ts'
import { needs } from '../setup/needs.ts'
import { GivenCgroups } from './given-cgroups.ts'
import { InstalledServer } from './installed-server.ts'
import type { Machine } from './machine.ts'
import { machineForFile } from './machine-for-file.ts'

/**
 * Programs of users, and tasks that nobody trusts, where ajar is installed: who runs them, and that the server's files are not
 * theirs.
 */

const UNIT = 'ajar-programs.service'
const WORKER = 'ajar-worker.service'
const LIMIT_MS = 180_000
/** From here on are users of boxes, as the host numbers them; systemd gives them to nobody. */
const FIRST_OF_BOXES = 0x70000000

let machine: Machine
let server: InstalledServer
let given: GivenCgroups | undefined

machineForFile(async (started) => {
  machine = started
  server = await InstalledServer.install(machine, { canBeHurt: false })
  await machine.shell(`grep ' /proc/' /proc/self/mountinfo | cut -d ' ' -f 5 | sort -r |
    while read -r path; do umount "$path" 2>/dev/null || true; done`)
  given = new GivenCgroups(machine)
  await given.give(UNIT, 'ajar-programs')
  await given.give(WORKER, 'ajar')
})
afterAll(async () => given?.takeBack(UNIT, WORKER))
beforeEach((context) => needsBubblewrap(context))

/** The machine's programs are those of this one. */
async function needsBubblewrap(context: TestContext) {
  const { code } = await machine.run(['sh', '-c', 'command -v bwrap gcc'])
  needs(code === 0, 'apt-get install bubblewrap gcc', context)
}

interface HealthCheck {
  name: string
  level: string
  text: string
}

interface Checked {
  output: { msg: { type: string; data: string } }[]
  status: number
  completed: boolean
}

async function run(basename: string, contents: string): Promise<() => Promise<Checked>> {
  const body = { files: [{ basename, contents }], mode: 'run', name: 'test', lab: false }
  const { identifier, message } = await server.api.send<{ identifier: string; message: string }>(
    'POST',
    '/run_program/',
    body,
  )
  expect(message).toBe('Pending')
  return async () => await server.api.send<Checked>('POST', '/check_output/', { identifier, read: 0 })
}

test(
  'at its start the worker tries the essential attacks under its unit, and each of them fails',
  async () => {
    // Where one of them succeeds, or something is missing, it is a warning that says so.
    let last: HealthCheck | undefined
    const holds = until(async () => {
      const { checks } = await server.api.get<{ checks: HealthCheck[] }>('/api/health/ready')
      last = checks.find(({ name }) => name === 'programs')
      return last?.level === 'ok' && last.text.includes('Shell')
    })
    await holds.catch((error) => {
      throw new Error(`${error.message}: ${last?.text}`, { cause: error })
    })
  },
  LIMIT_MS,
)

test(
  'a program is built and run as users that are neither the server nor anybody else, and reads nothing of the server',
  async () => {
    const look = await run(
      'main.c',
      `#include <stdio.h>
#include <unistd.h>
int main(void) {
  const char *secrets[] = {"/var/lib/ajar/state.db", "/etc/ajar/ajar.env", "/run/ajar-programs/programs.sock", "/etc/shadow"};
  for (int i = 0; i < 4; i++) if (!access(secrets[i], F_OK)) puts(secrets[i]);
  puts("looked"); fflush(stdout);
  sleep(20);
  return 3;
}`,
    )
    await until(async () => (await look()).output.some(({ msg }) => msg.data === 'looked'))
    const processes = (await machine.shell('ps -eo uid=,args='))
      .trim()
      .split('\n')
      .map((line) => line.trim())
    const [user = ''] = processes.find((line) => line.endsWith(' ./main'))?.split(' ') ?? []
    expect(Number(user)).toBeGreaterThanOrEqual(FIRST_OF_BOXES)
    const worker = processes.find((line) => line.endsWith('/programs-worker.ts'))?.split(' ')[0]
    expect(worker).toBe((await machine.shell('id -u ajar-programs')).trim())
    const end = await until(async () => {
      const now = await look()
      return now.completed ? now : null
    })
    // Its time is over before it wakes up.
    expect(end.status).toBe(124)
    expect(end.output.filter(({ msg }) => msg.type === 'stdout').map(({ msg }) => msg.data)).toEqual(['looked'])
  },
  LIMIT_MS,
)

test(
  'a worker that is killed has failed what it ran, and leaves nothing; the next one runs',
  async () => {
    const look = await run('main.sh', 'echo begun; sleep 8')
    await until(async () => (await look()).output.some(({ msg }) => msg.data === 'begun'))
    await machine.shell(`kill -9 $(systemctl show --property=MainPID --value ${UNIT})`)
    const end = await until(async () => {
      const now = await look()
      return now.completed ? now : null
    })
    expect(end.status).not.toBe(0)
    await until(async () => !/bwrap/.test(await machine.shell('ps -eo args=')))
    const again = await until(async () => await run('main.sh', 'echo back').catch(() => null))
    const last = await until(async () => {
      const now = await again()
      return now.completed ? now : null
    })
    expect(last).toMatchObject({ status: 0 })
    expect(await machine.show(UNIT, 'ActiveState', 'NRestarts')).toEqual({ ActiveState: 'active', NRestarts: '1' })
  },
  LIMIT_MS,
)

/** It looks for what is none of its business, when it is loaded to be listed, and when it runs. */
const LOOK = `import { existsSync, readdirSync } from 'node:fs'
const SECRETS = ['/var/lib/ajar', '/var/lib/ajar/state.db', '/etc/ajar/ajar.env', '/run/ajar-programs', '/etc/shadow']
const seen = () => {
  const words = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))
  return { secrets: SECRETS.filter(existsSync), processes: words.length, token: 'AJAR_ADMIN_TOKEN' in process.env }
}
/** Looks around. */
export const schema = { type: 'object', title: JSON.stringify(seen()), properties: { hold: { type: 'boolean' } } }
export default async ({ hold }) => {
  if (hold) await new Promise((resolve) => setTimeout(resolve, 60_000))
  return { ...seen(), tasks: readdirSync('/tasks') }
}
`

interface ListedTask {
  name: string
  sandboxed: boolean
  error: string | null
  schema: { title: string } | null
}

test(
  'a task put into untrusted/ is listed as sandboxed, runs, and sees neither data nor settings, nor when it is described',
  async () => {
    await machine.write('/root/look.ts', LOOK)
    await machine.shell(`install -d /var/lib/ajar/tasks/untrusted
      install -m 644 /root/look.ts /var/lib/ajar/tasks/untrusted/`)
    const { error, sandboxed, schema } = await server.api.get<ListedTask>('/api/tasks/look')
    expect({ error, sandboxed }).toEqual({ error: null, sandboxed: true })
    const seen = { secrets: [], processes: expect.any(Number), token: false }
    expect(JSON.parse(schema?.title ?? '')).toEqual(seen)
    const { id } = await server.api.send<{ id: string }>('POST', '/api/tasks/look', {})
    const run = await until(async () => {
      const now = await server.api.get<{ state: string; error: unknown; result: unknown }>(`/api/task-runs/${id}`)
      return ['done', 'failed'].includes(now.state) && now
    })
    expect(run).toMatchObject({ error: null, result: { kind: 'json', value: { ...seen, tasks: ['look.ts'] } } })
    const { processes } = (run.result as { value: { processes: number } }).value
    expect(processes).toBeLessThan(10)
  },
  LIMIT_MS,
)

test(
  'one that is in the middle of it ends with its worker, and the next one does it again',
  async () => {
    const call = { params: { hold: true } }
    const { id } = await server.api.send<{ id: string }>('POST', '/api/tasks/look', call)
    const held = async () => {
      const lines = (await machine.shell('ps -eo pid=,args=')).split('\n').filter((line) => line.includes('look.ts'))
      return lines.map((line) => line.trim().split(' ')[0] as string)
    }
    const before = await until(async () => {
      const pids = await held()
      return pids.length > 0 && pids
    })
    await machine.shell(`kill -9 $(systemctl show --property=MainPID --value ${WORKER})`)
    await until(async () => {
      const pids = await held()
      return pids.length > 0 && !pids.some((pid) => before.includes(pid))
    })
    await server.api.send('DELETE', `/api/task-runs/${id}`)
    await until(async () => (await held()).length === 0)
    await until(async () => !/bwrap/.test(await machine.shell('ps -eo args=')))
  },
  LIMIT_MS,
)
