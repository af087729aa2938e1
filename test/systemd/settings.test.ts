import { expect, test } from 'vitest'
import { CHECKOUT_INSIDE, type Machine } from './machine.ts'
import { machineForFile } from './machine-for-file.ts'

/** What cannot work is named before anything that runs is touched, and an upgrade that does not start is taken back. */

const LIMIT_MS = 180_000
const ENVIRONMENT = '/etc/ajar/ajar.env'
const TAKER = `[Service]
ExecStart=/mnt/ajar/node_modules/.bin/node -e 'require("net").createServer().listen(20090, "127.0.0.1")'
`

let machine: Machine

machineForFile(async (started) => {
  machine = started
  await install('server')
})

const install = (part: string, checkout = CHECKOUT_INSIDE) =>
  machine.shell(`${checkout}/deploy/install.sh ${part}`, { limitMs: LIMIT_MS })
const running = (unit: string) => machine.show(unit, 'ActiveState', 'MainPID')

test(
  'a wrong setting, a folder that is shut away and a port that is taken are named; the server runs on',
  async () => {
    const before = await running('ajar-server.service')
    expect(before.ActiveState).toBe('active')
    await machine.write('/etc/systemd/system/taker.service', TAKER)
    await machine.shell(
      'systemctl daemon-reload; systemctl start taker; until ss -Hltn | grep -q :20090; do sleep 0.2; done',
    )
    for (const [line, word] of [
      ['AJAR_RETAIN_DAYS=many', /AJAR_RETAIN_DAYS="many": a whole number/],
      ['AJAR_DATA_DIR=/home/ajar', /AJAR_DATA_DIR=\/home\/ajar: a service cannot write there/],
      ['AJAR_HTTP_PORT=20090', /127\.0\.0\.1:20090 \(http\) is taken by another program: .*pid=/],
    ] as const) {
      await machine.write(ENVIRONMENT, `${line}\n`)
      await expect(install('server')).rejects.toThrow(word)
    }
    expect(await running('ajar-server.service')).toEqual(before)
  },
  LIMIT_MS,
)

test(
  'settings are read as systemd reads them; data and log go where they say',
  async () => {
    const lines = [
      'AJAR_HTTP_PORT = "20081"',
      'AJAR_HTTP_HOST=::',
      'AJAR_DATA_DIR=/srv/ajar',
      'AJAR_LOG_FILE=/var/log/ajar/ajar.log',
    ]
    await machine.write(ENVIRONMENT, `${lines.join('\n')}\n`)
    expect(await install('server')).toMatch(/http:\/\/[\w.-]+:20081\/#token=/)
    await machine.shell('curl --silent --fail "http://[::1]:20081/api/health/live"')
    await machine.shell('test -s /var/log/ajar/ajar.log; test -s /srv/ajar/state.db')
  },
  LIMIT_MS,
)

test(
  'an upgrade that does not start is taken back, and a bad config of the agent is named',
  async () => {
    const camera = { name: 'cam', driver: 'synthetic' }
    const config = { device: 'pi', token: 'some-credential', dataDir: '/var/lib/ajar-agent', cameras: [camera] }
    await machine.write('/etc/ajar/agent.json', JSON.stringify(config))
    await install('agent')
    const good = await machine.shell('readlink /opt/ajar-agent/current')
    await machine.shell(`cp -a "/opt/ajar-agent/${good.trim()}" /root/broken`)
    const fault = 'if (!process.argv.includes("--check")) throw new Error("a fault of the release")'
    await machine.shell(`sed -i '1i ${fault}' /root/broken/ajar-agent.mjs`)
    await expect(install('agent', '/root/broken')).rejects.toThrow(/did not start, so agent-.* runs again/)
    expect(await machine.shell('readlink /opt/ajar-agent/current')).toBe(good)
    const before = await running('ajar-agent.service')
    expect(before.ActiveState).toBe('active')
    await machine.write('/etc/ajar/agent.json', JSON.stringify({ ...config, cameras: [{ ...camera, driver: 'none' }] }))
    await expect(install('agent')).rejects.toThrow('cameras/0/driver must be one of')
    expect(await running('ajar-agent.service')).toEqual(before)
  },
  LIMIT_MS,
)
