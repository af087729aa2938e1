import { afterAll, expect, test } from 'vitest'
import { teachDoor } from '../journeys/lesson.ts'
import { door, sha256, withComment } from '../journeys/pictures.ts'
import { type Frame, until } from '../journeys/system.ts'
import { InstalledServer, UNIT } from './installed-server.ts'
import { killing } from './killing.ts'
import { CHECKOUT_INSIDE, type Machine } from './machine.ts'
import { machineForFile } from './machine-for-file.ts'
import { FAULTS, monotonic, type Recovery, recover, recovered, table } from './recovery.ts'

/** The server as install.sh installs it, under a real systemd: what it survives, and what of it is still there then. */

const LIMIT_MS = 180_000
const KILLS = 3
const CAMERA = 'pi/door'
const SOCKETS = ['ajar-http.socket', 'ajar-mqtt.socket']

const measured: { name: string; aimSeconds: number | null; recovery: Recovery }[] = []
const sent: { id: string; sha256: string }[] = []
let machine: Machine
let server: InstalledServer
let model: string

machineForFile(async (started) => {
  machine = started
  server = await InstalledServer.install(machine)
  await delayRetries('3s')
  await server.api.send('POST', '/api/devices', { name: 'pi' })
  model = await teachDoor(server, CAMERA)
})
afterAll(() => {
  if (measured.length > 0) console.log(table(measured))
})

interface CameraState {
  state: string
  since: string
  model: string
}

/** Sends an open door, with bytes like no other, until the camera is seen to be open. */
async function sendOpenDoor(): Promise<CameraState> {
  return await until(async () => {
    const jpeg = withComment(await door('open'), `picture ${sent.length}`)
    const { frame: id } = await server.api.sendJpeg<{ frame: string }>(`/api/cameras/${CAMERA}/frames`, jpeg)
    sent.push({ id, sha256: sha256(jpeg) })
    await until(async () => (await server.api.get<Frame>(`/api/frames/${id}`)).outcome === 'classified')
    const state = await cameraState()
    return state.state === 'open' ? state : null
  })
}

function cameraState(): Promise<CameraState> {
  return server.api.get<CameraState>(`/api/cameras/${CAMERA}/state`)
}

/** Has it crash at each start until its unit gives up. */
async function giveUp(): Promise<void> {
  await server.forgive()
  await server.crashAtStart(true)
  await server.kill('SIGKILL')
  await until(async () => (await server.show('ActiveState')).ActiveState === 'failed')
}

const alarms = async () => (await machine.journal(`ajar-alarm@${UNIT}.service`)).split('has given up').length - 1
const retries = async () => (await machine.show(`ajar-retry@${UNIT}.timer`, 'ActiveState')).ActiveState

async function delayRetries(delay: string): Promise<void> {
  await machine.write(
    '/etc/systemd/system/ajar-retry@.timer.d/test.conf',
    `[Timer]\nOnActiveSec=\nOnActiveSec=${delay}\n`,
  )
  await machine.shell('systemctl daemon-reload')
}

/** Every frame of all the tests so far is there as it was sent, and the camera's state is what it was. */
async function expectAsBefore(before: CameraState): Promise<void> {
  expect(await cameraState()).toMatchObject({ state: 'open', since: before.since, model })
  for (const { id, sha256 } of sent)
    expect(await server.api.get(`/api/frames/${id}`)).toMatchObject({ sha256, outcome: 'classified' })
}

test('the installer run again changes nothing, and restarts nothing', async () => {
  const files =
    'find /etc/systemd/system /etc/ajar /opt/ajar -maxdepth 2 -type f -print0 | sort -z | xargs -0 sha256sum; ' +
    'ls /opt/ajar/releases; readlink /opt/ajar/current'
  const [pid, before] = [await server.pid(), await machine.shell(files)]
  await server.runInstaller()
  expect(await server.pid()).toBe(pid)
  expect(await machine.shell(files)).toBe(before)
})

test('it runs as a user of its own, and answers', async () => {
  expect(await server.show('ActiveState', 'User', 'Type', 'NoNewPrivileges', 'ProtectSystem')).toEqual({
    ActiveState: 'active',
    User: 'ajar',
    Type: 'notify',
    NoNewPrivileges: 'yes',
    ProtectSystem: 'strict',
  })
  expect((await fetch(`${server.url}/api/health/live`)).status).toBe(200)
})

test('a task is bounded under what the unit of the worker allows, and nothing of it is left', async () => {
  // The unit as it is but for its program, which ends.
  await machine.shell(`sed -e 's|^ExecStart=.*|ExecStart=/opt/ajar/current/bin/node ${CHECKOUT_INSIDE}/server/test/tasks-bounds-probe.ts|' \\
      -e 's/^Type=.*/Type=oneshot/' -e '/^Restart/d' -e '/^OnFailure/d' /etc/systemd/system/ajar-worker.service >/run/systemd/system/probe.service
    systemctl daemon-reload; systemctl start probe.service`)
  const [line = ''] = (await machine.journal('probe.service')).split('\n').filter((text) => text.startsWith('{'))
  const { uid, outcomes, left, bounds } = JSON.parse(line)
  expect(String(uid)).toBe((await machine.shell('id -u ajar')).trim())
  expect(outcomes).toEqual({
    fine: 'fine',
    memory: 'too_much_memory',
    processes: 'too_many_processes',
    output: 'too_much_output',
  })
  expect(left).toBe(0)
  expect(bounds).toContainEqual({
    ...{ name: 'end', enforced: 'kernel' },
    text: expect.stringMatching(/^held together by a PID namespace/),
  })
  expect(bounds).toContainEqual(expect.objectContaining({ name: 'view', enforced: 'kernel' }))
  expect((await machine.shell('stat -c %U:%a /var/lib/ajar/tasks')).trim()).toBe('ajar:700')
})

test('what runs programs of users is nobody but itself and the users of its boxes, and sees nothing of the server', async () => {
  const id = async (user: string) => Number(await machine.shell(`id -u ${user}`))
  const secrets = '/var/lib/ajar /var/lib/ajar/state.db /etc/ajar/ajar.env /etc/shadow'
  // The unit as it is but for its program, which ends.
  await machine.shell(`sed -e 's|[^ ]*/programs-worker.ts$|${CHECKOUT_INSIDE}/server/test/programs-unit-probe.ts ${secrets}|' \
      -e 's/^Type=.*/Type=oneshot/' -e '/^Condition/d' -e '/^Restart/d' -e '/^OnFailure/d' /etc/systemd/system/ajar-programs.service >/run/systemd/system/programs-probe.service
    systemctl daemon-reload; systemctl start programs-probe.service`)
  const [line = ''] = (await machine.journal('programs-probe.service'))
    .split('\n')
    .filter((text) => text.startsWith('{'))
  expect(JSON.parse(line)).toEqual({
    map: [0, await id('ajar-programs'), 1, 1, 0x70000000, 65535],
    ...{ noNewPrivileges: true, box: true, others: false, reads: [], writes: [], token: [] },
  })
  expect((await machine.shell('stat -c %U:%G:%a /run/ajar-programs')).trim()).toBe('ajar:ajar-programs:2710')
})

test(
  'it tells of its processes, and restarts each when asked',
  async () => {
    interface Process {
      name: string
      pid: number
      state: string
    }
    const processes = async () => {
      const { items } = await server.api.get<{ items: Process[] }>('/api/processes')
      return new Map(items.map((one) => [one.name, one]))
    }
    const all = await until(async () => {
      const now = await processes().catch(() => new Map<string, Process>())
      return now.size === 3 ? now : null
    })
    for (const name of ['programs', 'worker', 'server']) {
      await server.api.send('POST', `/api/processes/${name}/restart`)
      await until(async () => {
        const now = (await processes().catch(() => null))?.get(name)
        return now?.state === 'running' && now.pid !== all.get(name)?.pid
      })
      expect(await machine.show(`ajar-${name}.service`, 'Result', 'NRestarts')).toEqual({
        Result: 'success',
        NRestarts: '1',
      })
    }
    await server.ready()
  },
  LIMIT_MS,
)

test.each(FAULTS)(
  '$name: it is restarted',
  async (fault) => {
    const before = await sendOpenDoor()
    const recovery = await recover(server, fault)
    measured.push({ ...fault, recovery })
    expect(await server.show('NRestarts')).toEqual({ NRestarts: '1' })
    await expectAsBefore(before)
  },
  LIMIT_MS,
)

test(
  'a server that crashes at each start: the unit gives up, says so, hangs up, and is tried again until it is back',
  async () => {
    const before = await sendOpenDoor()
    await giveUp()
    await until(async () => (await alarms()) > 0)
    for (const socket of SOCKETS) expect(await machine.show(socket, 'ActiveState')).toEqual({ ActiveState: 'failed' })
    const fixed = monotonic()
    await server.crashAtStart(false)
    const recovery = await recovered(server, fixed)
    measured.push({ name: 'retry after crash loop', aimSeconds: null, recovery: { ...recovery, ended: Number.NaN } })
    for (const socket of SOCKETS) expect(await machine.show(socket, 'ActiveState')).toEqual({ ActiveState: 'active' })
    await expectAsBefore(before)
  },
  LIMIT_MS,
)

test(
  'one that gave up and is told to stop is not tried again',
  async () => {
    await delayRetries('1h')
    await giveUp()
    await until(async () => (await retries()) === 'active')
    await machine.shell(`systemctl stop ${UNIT}`)
    expect(await retries()).toBe('inactive')
    await server.crashAtStart(false)
    await delayRetries('3s')
    await machine.shell(`systemctl reset-failed ${UNIT}; systemctl start ${UNIT}`)
    await server.ready()
  },
  LIMIT_MS,
)

test(
  'one that hangs and is told to stop stays so, and that is no alarm',
  async () => {
    const stopping = '/etc/systemd/system/ajar-server.service.d/stopping.conf'
    await machine.write(stopping, '[Service]\nTimeoutStopSec=1\n')
    await machine.shell('systemctl daemon-reload')
    await server.forgive()
    const before = await alarms()
    await server.kill('SIGWINCH')
    await machine.shell(`systemctl stop ${UNIT}`)
    expect(await server.show('ActiveState', 'Result')).toEqual({ ActiveState: 'failed', Result: 'timeout' })
    await until(async () => (await machine.shell('systemctl list-jobs')).includes('No jobs'))
    expect(await retries()).toBe('inactive')
    expect(await alarms()).toBe(before)
    await machine.shell(`rm ${stopping}; systemctl daemon-reload; systemctl start ${UNIT}`)
    await server.ready()
  },
  LIMIT_MS,
)

test(
  'told to stop it ends in order and stays so; told to start, it is back',
  async () => {
    const before = await sendOpenDoor()
    await machine.shell(`systemctl stop ${UNIT}`)
    expect(await server.show('ActiveState', 'Result')).toEqual({ ActiveState: 'inactive', Result: 'success' })
    const asked = monotonic()
    await machine.shell(`systemctl start ${UNIT}`)
    const recovery = await recovered(server, asked)
    measured.push({ name: 'start', aimSeconds: null, recovery: { ...recovery, ended: Number.NaN } })
    await expectAsBefore(before)
  },
  LIMIT_MS,
)

test.each([
  ['reboot', () => machine.shutDown()],
  ['power cut', () => machine.cutPower()],
] as const)(
  '%s: it starts with the machine',
  async (name, goDown) => {
    const before = await sendOpenDoor()
    await goDown()
    const asked = monotonic()
    await machine.boot()
    await server.reach()
    const recovery = await recovered(server, asked)
    measured.push({ name: `boot after ${name}`, aimSeconds: null, recovery: { ...recovery, ended: Number.NaN } })
    await expectAsBefore(before)
  },
  LIMIT_MS,
)

// The last one: afterwards nothing listens any more.
test(
  'killed again and again behind the sockets that systemd holds, it loses no acknowledged frame, and nobody is refused',
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
