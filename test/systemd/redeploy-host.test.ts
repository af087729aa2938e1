import { expect, test } from 'vitest'
import { until } from '../journeys/system.ts'
import { DATA_FOLDER, InstalledServer, UNIT } from './installed-server.ts'
import { CHECKOUT_INSIDE, type Machine } from './machine.ts'
import { machineForFile } from './machine-for-file.ts'
import { HOME, linked, otherRelease, serverBegins, unitSays } from './other-release.ts'
import { monotonic } from './recovery.ts'

/** What the redeployer has systemd do, in a real one: rehearsals, restarts of what hangs or has given up, units, alarms. */

const LIMIT_MS = 180_000
const HOST = `${CHECKOUT_INSIDE}/deploy/redeploy/src/hosts/systemd/systemd.ts`
const NODE = `${CHECKOUT_INSIDE}/node_modules/.bin/node`
const COPY = `${DATA_FOLDER}/rehearsal`
const PENDING = `${HOME}/redeploy/pending.json`
const REDEPLOYER = 'ajar-redeploy.service'
const DROP_IN = `/etc/systemd/system/${REDEPLOYER}.d/test.conf`
/** What shuts a service in, as systemd names it. */
const SANDBOX = [
  ...['User', 'UMask', 'CapabilityBoundingSet', 'NoNewPrivileges', 'ProtectSystem', 'ProtectHome', 'ProtectProc'],
  ...['PrivateTmp', 'PrivateDevices', 'RestrictAddressFamilies', 'SystemCallFilter', 'LimitCORE', 'LimitNOFILE'],
]

let machine: Machine
let server: InstalledServer
let first: string
/** Its folder. */
let release: string

machineForFile(async (started) => {
  machine = started
  server = await InstalledServer.install(machine)
  first = await linked(machine, 'current')
  release = `${HOME}/releases/${first}`
})

const ENVIRONMENT = `AJAR_DEPLOY_DIR=${HOME} AJAR_DATA_DIR=${DATA_FOLDER}`

/** As the redeployer has it: `code` knows `host` and `release`, and tells what it returns as JSON. */
function script(code: string): string {
  const log = '(level, text) => console.error(level, text)'
  return `import { openHost } from '${HOST}'
    const host = openHost(process.env)
    const release = '${release}'
    const rehearse = (folder = release) =>
      host.rehearse(folder, { dataDir: '${COPY}', log: ${log}, signal: new AbortController().signal })
    const ready = async ({ url }) => {
      for (;;) {
        const answer = await fetch(url + '/api/health/ready').catch(() => null)
        if (answer?.ok) return answer.json()
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
    const told = await (async () => { ${code} })()
    console.log(JSON.stringify(told ?? null))
    process.exit()`
}

async function host<T>(code: string): Promise<T> {
  await machine.write('/root/host.ts', script(code))
  return JSON.parse(await machine.shell(`${ENVIRONMENT} ${NODE} /root/host.ts`))
}

/** The redeployer's unit runs code of ours, and is in charge until it is stopped. */
async function inCharge(code: string): Promise<void> {
  await machine.write(
    '/root/redeployer.ts',
    script(`${code}; setInterval(() => {}, 1000); await new Promise(() => {})`),
  )
  const lines = ['[Service]', 'Type=exec', 'ExecStart=', `ExecStart=${NODE} /root/redeployer.ts`]
  await machine.write(DROP_IN, `${lines.join('\n')}\n`)
  await machine.shell(`systemctl daemon-reload; systemctl restart ${REDEPLOYER}`)
}

async function notInCharge(): Promise<void> {
  await machine.shell(`systemctl stop ${REDEPLOYER}; rm -f ${DROP_IN} ${PENDING}; systemctl daemon-reload`)
}

const freshCopy = () => machine.shell(`rm -rf ${COPY}; install -d -o ajar -g ajar -m 700 ${COPY}`)
const rehearsals = async () =>
  (await machine.shell("systemctl list-units --plain --no-legend 'ajar-rehearsal-*'")).trim().split(/\s/)[0] ?? ''
const alarms = async () => (await machine.journal(`ajar-alarm@${UNIT}.service`)).split('has given up').length - 1
const process_ = () => host<{ pid: number; crashes: number; state: string }>('return host.serverProcess()')

/** While a redeploy is in charge, the server crashes at each start until its unit gives up. @returns alarms before that */
async function givesUpMeanwhile(): Promise<number> {
  await machine.write(PENDING, '{}')
  await inCharge('')
  const raised = await alarms()
  await server.crashAtStart(true)
  await host('await host.restart({ force: false })')
  await until(async () => (await process_()).state === 'failed')
  return raised
}

test(
  'a rehearsal runs as the server does, shut in as it is, beside it; then nothing of it is left but what V8 compiled',
  async () => {
    await freshCopy()
    const other = await otherRelease(machine, first, 'other')
    const compiled = async () => Number(await machine.shell('find /var/cache/ajar -type f | wc -l'))
    const before = [await server.pid(), await compiled()] as const
    const shown = await host<Record<string, string>>(`
      const rehearsal = await rehearse('${other}')
      await ready(rehearsal)
      const { show } = await import(${JSON.stringify(HOST.replace('systemd.ts', 'systemctl.ts'))})
      const unit = 'ajar-rehearsal-' + process.pid + '-' + new URL(rehearsal.url).port + '.service'
      const shown = await show(unit, ${JSON.stringify([...SANDBOX, 'ReadWritePaths', 'MemoryMax', 'IPAddressDeny'])})
      await rehearsal.stop()
      return shown`)
    const { ReadWritePaths, MemoryMax, IPAddressDeny, ...sandbox } = shown
    expect(sandbox).toEqual(await server.show(...SANDBOX))
    expect(sandbox.User).toBe('ajar')
    expect(ReadWritePaths).toBe(COPY)
    expect(Number(MemoryMax)).toBeGreaterThan(0)
    expect(IPAddressDeny).toContain('0.0.0.0/0')
    expect(await machine.shell(`stat --format=%U ${COPY}/state.db`)).toBe('ajar\n')
    expect(await rehearsals()).toBe('')
    expect(await server.pid()).toBe(before[0])
    expect(await compiled()).toBeGreaterThan(before[1])
    const again = await compiled()
    await freshCopy()
    await host(`const rehearsal = await rehearse('${other}'); await ready(rehearsal); await rehearsal.stop()`)
    expect(await compiled()).toBe(again)
  },
  LIMIT_MS,
)

test(
  'one that ends by itself tells why',
  async () => {
    const broken = await otherRelease(machine, first, 'broken', serverBegins('throw new Error("a fault")'))
    expect(await host<string>(`return (await rehearse('${broken}')).ended`)).toContain('Error: a fault')
    expect(await rehearsals()).toBe('')
  },
  LIMIT_MS,
)

test(
  'a rehearsal ends with a redeployer that is killed',
  async () => {
    await freshCopy()
    await inCharge('await ready(await rehearse())')
    await until(async () => (await machine.journal(REDEPLOYER)).includes('its output'))
    const unit = await until(rehearsals)
    const [pid = 0] = await until(async () => {
      const pids = await machine.processesOf(unit)
      return pids.length > 0 ? pids : null
    })
    await machine.shell(`systemctl kill --signal=KILL ${REDEPLOYER}`)
    await until(async () => !(await machine.processesOf(unit)).includes(pid))
    await notInCharge()
    expect(await rehearsals()).toBe('')
  },
  LIMIT_MS,
)

test(
  'a restart in order ends server and worker and starts them; it is no crash',
  async () => {
    const workers = () => machine.processesOf('ajar-worker.service')
    const [before, worker] = [await server.pid(), await workers()]
    const from = monotonic()
    await host('await host.restart({ force: false })')
    await until(async () => (await server.pid().catch(() => before)) !== before)
    await server.ready()
    console.log(`restart, until it answers: ${Math.round(monotonic() - from)} ms`)
    await until(async () => (await workers()).length > 0 && (await workers())[0] !== worker[0])
    expect(await process_()).toMatchObject({ crashes: 0, state: 'running' })
  },
  LIMIT_MS,
)

test.each([true, false])(
  'one that hangs is ended by force and started (force: %s), and that is no alarm',
  async (force) => {
    await machine.write(PENDING, '{}')
    await inCharge('')
    // Nobody but the restart is to find out that it hangs.
    await machine.write(`/etc/systemd/system/${UNIT}.d/unwatched.conf`, '[Service]\nWatchdogSec=0\n')
    await machine.shell(`systemctl daemon-reload; systemctl restart ${UNIT} ajar-worker.service`)
    await server.ready()
    const [raised, before] = [await alarms(), await server.pid()]
    process.kill(before, 'SIGSTOP')
    for (const pid of await machine.processesOf('ajar-worker.service')) process.kill(pid, 'SIGSTOP')
    await host(`await host.restart({ force: ${force} })`)
    await server.ready()
    expect(await server.pid()).not.toBe(before)
    expect(await machine.journal(UNIT)).not.toContain("State 'stop-sigterm' timed out")
    expect(await alarms()).toBe(raised)
    await notInCharge()
    await machine.shell(
      `rm /etc/systemd/system/${UNIT}.d/unwatched.conf; systemctl daemon-reload; systemctl restart ${UNIT}`,
    )
    await server.ready()
  },
  LIMIT_MS,
)

test(
  'one that has given up comes back with its sockets; while a redeploy is in charge that is no alarm',
  async () => {
    const raised = await givesUpMeanwhile()
    expect(await machine.show('ajar-http.socket', 'ActiveState')).toEqual({ ActiveState: 'failed' })
    await until(async () => (await machine.journal(`ajar-alarm@${UNIT}.service`)).includes('Skipped'))
    expect(await alarms()).toBe(raised)
    await server.crashAtStart(false)
    await host('await host.restart({ force: true })')
    await server.ready()
    expect(await process_()).toMatchObject({ crashes: 0, state: 'running' })
    expect(await machine.show('ajar-http.socket', 'ActiveState')).toEqual({ ActiveState: 'active' })
    expect(await alarms()).toBe(raised)
    await notInCharge()
    expect(await alarms()).toBe(raised)
  },
  LIMIT_MS,
)

test(
  'where no release starts, the alarm is raised when the redeployer ends',
  async () => {
    const raised = await givesUpMeanwhile()
    expect(await alarms()).toBe(raised)
    await machine.shell(`rm ${PENDING}; systemctl stop ${REDEPLOYER}`)
    await until(async () => (await alarms()) > raised)
    await server.crashAtStart(false)
    await notInCharge()
    await host('await host.restart({ force: true })')
    await server.ready()
  },
  LIMIT_MS,
)

test(
  'units are brought in place where a release has others, and those of the one before on the way back',
  async () => {
    const description = async () => (await server.show('Description')).Description
    const folder = await otherRelease(machine, first, 'units', unitSays('Description', 'changed'))
    const marker = () => machine.run(['cat', `${HOME}/redeploy/units`]).then(({ stdout }) => stdout)
    const pid = await server.pid()
    await host('await host.prepare(release)')
    const [before, was] = [await marker(), await description()]
    await host(`await host.prepare('${folder}')`)
    expect(await description()).toBe('changed')
    expect(await marker()).not.toBe(before)
    await host('await host.prepare(release)')
    expect([await description(), await marker()]).toEqual([was, before])
    // Where they are the same nothing is run.
    await machine.shell(`sed -i 's/^Description=.*/Description=by hand/' /etc/systemd/system/${UNIT}`)
    await host('await host.prepare(release)')
    await machine.shell('systemctl daemon-reload')
    expect(await description()).toBe('by hand')
    await machine.write('/etc/ajar/ajar.env', 'AJAR_RETAIN_DAYS=many\n')
    await expect(host(`await host.prepare('${folder}')`)).rejects.toThrow('a whole number')
    expect(await server.pid()).toBe(pid)
  },
  LIMIT_MS,
)
