import { randomBytes } from 'node:crypto'
import { afterAll, beforeEach, expect, type TestContext, test } from 'vitest'
import { until } from '../journeys/system.ts'
import { needs } from '../setup/needs.ts'
import { InstalledServer } from './installed-server.ts'
import type { Machine } from './machine.ts'
import { machineForFile } from './machine-for-file.ts'

/** Programs of users where ajar is installed: who runs them, and that the server's own are not theirs. */

const UNIT = 'ajar-programs.service'
const LIMIT_MS = 180_000
/** From here on are users of boxes, as the host numbers them; systemd gives them to nobody. */
const FIRST_OF_BOXES = 0x70000000
const CONTROLLERS = ['memory', 'pids']

let machine: Machine
let server: InstalledServer
const given = `ajar-given-${randomBytes(4).toString('hex')}`

machineForFile(async (started) => {
  machine = started
  server = await InstalledServer.install(machine, { canBeHurt: false })
  await machine.shell(`grep ' /proc/' /proc/self/mountinfo | cut -d ' ' -f 5 | sort -r |
    while read -r path; do umount "$path" 2>/dev/null || true; done`)
  await giveCgroups()
})
afterAll(async () => {
  // They are this computer's, and would outlive the machine.
  await machine?.shell(`systemctl stop ${UNIT}; find /sys/fs/cgroup/*/${given} -depth -type d -delete || true`)
})
beforeEach((context) => needsBubblewrap(context))

/** The machine's programs are those of this one. */
async function needsBubblewrap(context: TestContext) {
  const { code } = await machine.run(['sh', '-c', 'command -v bwrap gcc'])
  needs(code === 0, 'apt-get install bubblewrap gcc', context)
}

/**
 * A computer has cgroups that systemd delegates. In a container on one of version 1 there are none: then the unit gets two, which it
 * enters before all else, as if they had been delegated.
 */
async function giveCgroups() {
  if ((await machine.run(['test', '-d', '/sys/fs/cgroup/memory'])).code !== 0) return
  for (const controller of CONTROLLERS) {
    const folder = `/sys/fs/cgroup/${controller}/${given}`
    await machine.shell(`mount -o remount,bind,rw /sys/fs/cgroup/${controller}; mkdir ${folder}
      chown ajar-programs ${folder} ${folder}/cgroup.procs; chmod 666 ${folder}/cgroup.procs`)
  }
  const enter = CONTROLLERS.map((one) => `echo 0 >/sys/fs/cgroup/${one}/${given}/cgroup.procs`).join('; ')
  const start = await machine.shell(`sed -n 's/^ExecStart=!//p' /etc/systemd/system/${UNIT}`)
  await machine.write(
    `/etc/systemd/system/${UNIT}.d/given.conf`,
    `[Service]\nExecStart=\nExecStart=!/bin/sh -c '${enter}; exec ${start.trim()}'\n`,
  )
  await machine.shell(`systemctl daemon-reload; systemctl restart ${UNIT}`)
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
