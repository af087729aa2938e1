import { expect, test } from 'vitest'
import { CHECKOUT, CHECKOUT_INSIDE, type Machine } from './machine.ts'
import { machineForFile } from './machine-for-file.ts'

/** What install.sh makes of its settings, what it says, and what it leaves when it takes everything away. */

const LIMIT_MS = 120_000
const CONFIG = {
  device: 'door1',
  token: 'a-credential-that-nobody-knows',
  server: 'mqtt://127.0.0.1:1883',
  dataDir: '/var/lib/ajar-agent',
  cameras: [{ name: 'cam', driver: 'synthetic' }],
}

const AGENT = 'ajar-agent.service'
const NEWER = '/srv/newer'
/** Found before the real one. */
const STUB = '/usr/local/bin/systemctl'

let machine: Machine
let token = ''

machineForFile((started) => {
  machine = started
})

const install = (...args: string[]) =>
  machine.shell(`${CHECKOUT_INSIDE}/deploy/install.sh ${args.join(' ')}`, { limitMs: LIMIT_MS })

/** As from a bundle that brings Node, with a unit changed. */
async function installNewer(description: string): Promise<string> {
  // A new file: the old one is shared with the release.
  await machine.shell(`sed -i 's/^Description=.*/Description=${description}/' ${NEWER}/deploy/systemd/${AGENT}`)
  return await machine.shell(`${NEWER}/install.sh`, { limitMs: LIMIT_MS })
}

async function listening(): Promise<string[]> {
  const lines = (await machine.shell('ss --no-header --listening --numeric --tcp')).trim().split('\n')
  return lines.map((line) => line.split(/\s+/)[3] ?? '').sort()
}

test(
  'an agent waits for its config, then runs as a user of its own who alone may read it',
  async () => {
    expect(await install('agent')).toContain('write /etc/ajar/agent.json')
    await machine.write('/etc/ajar/agent.json', JSON.stringify(CONFIG))
    await install('agent')
    const shown = await machine.show('ajar-agent.service', 'ActiveState', 'User', 'StatusText')
    expect(shown).toEqual({ ActiveState: 'active', User: 'ajar-agent', StatusText: 'serving' })
    expect(await machine.shell('stat --format="%a %U:%G" /etc/ajar/agent.json')).toBe('640 root:ajar-agent\n')
  },
  LIMIT_MS,
)

test(
  'a first server shows its link once, and tells the journal nothing of the token',
  async () => {
    ;[, token = ''] = /http:\/\/127\.0\.0\.1:20002\/#token=(\S+)/.exec(await install('server')) ?? []
    expect(token).toHaveLength(43)
    expect(await machine.journal('ajar-server.service')).not.toContain(token)
    await machine.shell(
      `curl --silent --fail --header 'Authorization: Bearer ${token}' 127.0.0.1:20002/api/devices >/dev/null`,
    )
  },
  LIMIT_MS,
)

test('a server of another user has tasks done by the release that runs', async () => {
  const asked = 'ajar-dispatcher -n nothing -d /tmp -o /tmp || true; ajar-dispatcher --list'
  const said = await machine.shell(`runuser -u nobody -- sh -c '${asked}'`)
  expect(said).toContain('{"error":"BAD_TASK_NAME"}')
  expect(said).toMatch(/^average_pixel {2,}\w/m)
})

test('the release runs from its bundle, which names nothing of the checkout', async () => {
  const release = '/opt/ajar/current'
  const tell = "import { freshChunk } from './deploy/bundle/src/current.ts'; console.log(freshChunk('server').href)"
  const chunk = await machine.shell(`cd ${release}; bin/node --input-type=module --eval "${tell}"`)
  expect(chunk).toContain(
    `${await machine.shell(`realpath --zero ${release}`).then((path) => path.slice(0, -1))}/deploy/bundle/dist/`,
  )
  const mentions = await machine.run([
    'grep',
    '--recursive',
    '--files-with-matches',
    CHECKOUT,
    `${release}/deploy/bundle/dist`,
  ])
  expect(mentions.stdout).toBe('')
  expect(await machine.shell('find /var/cache/ajar -type f | head -n 1')).not.toBe('')
})

test(
  'systemd listens where the settings say, and the server takes it from there',
  async () => {
    expect(await listening()).toEqual(['127.0.0.1:1883', '127.0.0.1:20002'])
    await machine.write('/etc/ajar/ajar.env', "AJAR_HTTP_HOST=0.0.0.0\nAJAR_HTTP_PORT='20080'\nAJAR_MQTT_PORT=off\n")
    expect(await install('server')).not.toContain(token)
    expect(await listening()).toEqual(['0.0.0.0:20080'])
    const health = await machine.shell('curl --silent 127.0.0.1:20080/api/health/ready')
    expect(health).toContain('ok')
  },
  LIMIT_MS,
)

test(
  'an installation that failed is completed by the next; of the releases two stay',
  async () => {
    const description = async () => (await machine.show(AGENT, 'Description')).Description
    const pid = async () => (await machine.show(AGENT, 'MainPID')).MainPID
    const before = await pid()
    await machine.shell(`cp -al /opt/ajar-agent/current/. ${NEWER}`)
    await machine.write(STUB, '#!/bin/sh\n[ "$1" != restart ] || exit 1\nexec /usr/bin/systemctl "$@"\n')
    await machine.shell(`chmod +x ${STUB}`)
    await expect(installNewer('second')).rejects.toThrow('did not start')
    expect(await pid()).toBe(before)

    await machine.shell(`rm ${STUB}`)
    await installNewer('second')
    const completed = await pid()
    expect(completed).not.toBe(before)
    expect(await description()).toBe('second')
    await installNewer('second')
    expect(await pid()).toBe(completed)

    await installNewer('third')
    expect(await pid()).not.toBe(completed)
    expect((await machine.shell('ls -A /opt/ajar-agent/releases')).trim().split('\n')).toHaveLength(2)
  },
  LIMIT_MS,
)

test(
  'uninstalling leaves data, settings and what the operator changed of the units, and with --purge nothing',
  async () => {
    await machine.write('/etc/systemd/system/ajar-agent.service.d/override.conf', '[Service]\nNice=1\n')
    const ours =
      'find /etc /opt /usr/local /var/lib /var/cache -maxdepth 3 -name "ajar*" -o -maxdepth 3 -name "agent.json"'
    await install('--uninstall')
    expect((await machine.shell(ours)).trim().split('\n').sort()).toEqual([
      '/etc/ajar',
      '/etc/ajar/agent.json',
      '/etc/ajar/ajar.env',
      '/etc/systemd/system/ajar-agent.service.d',
      '/var/lib/ajar',
      '/var/lib/ajar-agent',
    ])
    expect(await listening()).toEqual([''])
    await install('--uninstall', '--purge')
    expect(await machine.shell(ours)).toBe('')
  },
  LIMIT_MS,
)
