import { expect, test } from 'vitest'
import { CHECKOUT_INSIDE, type Machine } from './machine.ts'
import { machineForFile } from './machine-for-file.ts'
import { HOME, linked, otherRelease, serverBegins, unitSays } from './other-release.ts'

/** What install.sh leaves for redeploys: which release is trusted, which ones stay, whose units are in place. */

const LIMIT_MS = 180_000
const SERVER = 'ajar-server.service'
const PENDING = `${HOME}/redeploy/pending.json`
const ASK = "require('net').connect('/opt/ajar/redeploy/socket').on('connect', () => process.exit(0))"

let machine: Machine
let first: string

machineForFile(async (started) => {
  machine = started
  await machine.shell(`${CHECKOUT_INSIDE}/deploy/install.sh server`, { limitMs: LIMIT_MS })
  first = await linked(machine, 'current')
})

const links = async () => [await linked(machine, 'current'), await linked(machine, 'trusted')]
const releases = async () => (await machine.shell(`ls -A ${HOME}/releases`)).trim().split('\n')
const pid = async () => (await machine.show(SERVER, 'MainPID')).MainPID
const install = (release: string, word = 'server') =>
  machine.shell(`${HOME}/releases/${release}/deploy/install.sh ${word}`, { limitMs: LIMIT_MS })

const variant = (name: string, change?: string) => otherRelease(machine, first, name, change)

test('what runs is trusted, and asked through a socket that is of root and the server alone', async () => {
  expect(await links()).toEqual([first, first])
  expect(await machine.shell(`stat --format='%a %U:%G' ${HOME}/redeploy/socket`)).toBe('660 root:ajar\n')
  expect(await machine.shell('systemctl is-enabled ajar-recover.service')).toBe('enabled\n')
  await machine.shell('systemctl stop ajar-redeploy.service; systemctl start ajar-redeploy.socket')
  const ask = (user: string) => machine.run(['runuser', '-u', user, '--', `${HOME}/current/bin/node`, '-e', ASK])
  expect((await ask('ajar')).code).toBe(0)
  expect((await ask('nobody')).stderr).toContain('EACCES')
  expect(await machine.shell('grep --count "^[^#]" /etc/ajar/allowed_signers || true')).toBe('0\n')
})

test(
  'a release brings its units in place, and the one before brings its own back; nothing is restarted',
  async () => {
    const before = await pid()
    const description = async () => await machine.show(SERVER, 'Description', 'MainPID')
    await variant('units', unitSays('Description', 'changed'))
    await install('units', '--units')
    expect(await description()).toEqual({ Description: 'changed', MainPID: before })
    await install(first, '--units')
    expect(await description()).toEqual({ Description: 'ajar: server', MainPID: before })
    await expect(machine.shell(`${CHECKOUT_INSIDE}/deploy/install.sh --units`)).rejects.toThrow('only a release')
  },
  LIMIT_MS,
)

test(
  'what a redeploy has started and kept is restarted by no installation, unless a setting has changed since',
  async () => {
    await install('units', '--units')
    // As a redeploy switches, restarts and keeps.
    const lead = (link: string) =>
      `ln -sfn releases/units ${HOME}/${link}.new; mv -T ${HOME}/${link}.new ${HOME}/${link}`
    await machine.shell(`${lead('current')}; systemctl restart ajar-server ajar-worker; ${lead('trusted')}`)
    const brought = await pid()
    await install('units')
    expect(await pid()).toBe(brought)
    await install('units', '--units')
    await machine.write('/etc/ajar/ajar.env', 'AJAR_BACKUPS_KEPT=5\n')
    await install('units')
    expect(await pid()).not.toBe(brought)
    await machine.write('/etc/ajar/ajar.env', '')
    await install(first)
  },
  LIMIT_MS,
)

test(
  'while a redeploy is under way nothing is installed',
  async () => {
    await machine.write(PENDING, '{}')
    await expect(install('units')).rejects.toThrow('a redeploy is under way')
    expect(await links()).toEqual([first, first])
    await machine.shell(`rm ${PENDING}`)
  },
  LIMIT_MS,
)

test(
  'one that does not start is gone back from, to the one that is trusted',
  async () => {
    await variant('broken', serverBegins('throw new Error("a fault")'))
    await expect(install('broken')).rejects.toThrow(`did not start, so ${first} runs again`)
    expect(await links()).toEqual([first, first])
    expect(await machine.show('ajar-redeploy.socket', 'ActiveState')).toEqual({ ActiveState: 'active' })
  },
  LIMIT_MS,
)

test(
  'the release before a redeploy can be installed again; the one that a redeploy has started is not started twice',
  async () => {
    await variant('kept')
    const switchTo = (name: string) =>
      machine.shell(`for link in current trusted; do ln -sfn releases/${name} ${HOME}/$link; done
        systemctl restart ${SERVER} ajar-worker.service`)
    await switchTo('kept')
    await install(first)
    expect(await machine.shell(`readlink /proc/${await pid()}/cwd`)).toBe(`${HOME}/releases/${first}\n`)
    expect(await links()).toEqual([first, first])
    await switchTo('kept')
    const before = await pid()
    await install('kept')
    expect(await pid()).toBe(before)
    await install(first)
    expect(await links()).toEqual([first, first])
  },
  LIMIT_MS,
)

test(
  'of the releases as many stay as the settings say, the one before among them',
  async () => {
    await machine.write('/etc/ajar/ajar.env', 'AJAR_RELEASES_KEPT=3\nAJAR_BACKUP_DIR=/srv/backups\n')
    for (const name of ['older', 'newer', 'newest']) await variant(name, 'sleep 0.1')
    await install('newest')
    expect(await releases()).toEqual(['newer', 'newest', 'older', first].sort())
    expect(await links()).toEqual(['newest', 'newest'])
    expect((await machine.show(SERVER, 'ReadWritePaths')).ReadWritePaths).toContain('/srv/backups')
    expect(await machine.shell("stat --format='%a %U' /srv/backups")).toBe('700 ajar\n')
  },
  LIMIT_MS,
)

test(
  'an installation from before there were redeploys gets all of it',
  async () => {
    await machine.shell(
      `systemctl disable --now ajar-redeploy.socket ajar-redeploy.service ajar-recover.service
       rm -r ${HOME}/trusted ${HOME}/redeploy /usr/local/sbin/ajar-redeploy /etc/systemd/system/ajar-re[dc]*
       sed -i 's/ AJAR_DEPLOY_DIR=[^ ]*//' /etc/systemd/system/${SERVER}; echo newest >${HOME}/applied`,
    )
    await install('newest')
    expect(await links()).toEqual(['newest', 'newest'])
    expect(await machine.shell(`tr '\\0' '\\n' </proc/${await pid()}/environ | grep DEPLOY`)).toBe(
      'AJAR_DEPLOY_DIR=/opt/ajar\n',
    )
    await machine.shell('test -S /opt/ajar/redeploy/socket; test -x /usr/local/sbin/ajar-redeploy')
  },
  LIMIT_MS,
)
