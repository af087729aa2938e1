import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { door } from '../journeys/pictures.ts'
import { InstalledServer, UNIT } from './installed-server.ts'
import { CHECKOUT, CHECKOUT_INSIDE, type Machine } from './machine.ts'
import { machineForFile } from './machine-for-file.ts'
import { HOME, linked, otherRelease } from './other-release.ts'

/** What deploy/README.md tells operators of a service to type, typed. */

const LIMIT_MS = 240_000
const BACKUPS = '/srv/backups'
const TEXT = readFileSync(join(CHECKOUT, 'deploy/README.md'), 'utf8')
const BLOCK = /^```sh (\w+)\n([\s\S]*?)^```$/gm
const commands = new Map([...TEXT.matchAll(BLOCK)].map(([, name = '', text = '']) => [name, text]))

let machine: Machine
let server: InstalledServer
let first: string

machineForFile(async (started) => {
  machine = started
  server = await InstalledServer.install(machine, { canBeHurt: false, settings: [`AJAR_BACKUP_DIR=${BACKUPS}`] })
  first = await linked(machine, 'current')
})

/** @param here what it is called in this machine */
function type(name: string, here: Record<string, string> = {}): Promise<string> {
  let text = commands.get(name)
  if (text === undefined) throw new Error(`deploy/README.md has no commands named ${name}`)
  const places = { sudo: '', ' deploy/install.sh': ` ${CHECKOUT_INSIDE}/deploy/install.sh`, ...here }
  for (const [there, place] of Object.entries(places)) text = text.replaceAll(there, place)
  return machine.shell(text, { limitMs: LIMIT_MS })
}

test(
  'a redeploy that never ends: the last good release runs again, and redeploys can be asked for',
  async () => {
    const untried = await otherRelease(machine, first, 'untried')
    await machine.write(`${HOME}/redeploy/pending.json`, '{}')
    await machine.shell(
      `ln -sfn releases/untried ${HOME}/current; systemctl stop ajar-redeploy.socket; systemctl restart ${UNIT}`,
    )
    const runsFrom = async () => machine.shell(`readlink /proc/${(await server.show('MainPID')).MainPID}/cwd`)
    expect(await runsFrom()).toBe(`${untried}\n`)
    await type('stuck')
    await server.ready()
    expect(await runsFrom()).toBe(`${HOME}/releases/${first}\n`)
    expect(await linked(machine, 'current')).toBe(first)
    expect(await machine.shell('ajar-redeploy list')).toMatch(new RegExp(`^\\* +${first} `, 'm'))
    expect(await machine.show('ajar-redeploy.socket', 'ActiveState')).toEqual({ ActiveState: 'active' })
  },
  LIMIT_MS,
)

test(
  'a backup goes where the settings say, and is restored although somebody connects meanwhile',
  async () => {
    await server.api.send('POST', '/api/devices', { name: 'pi' })
    const { frame } = await server.api.sendJpeg<{ frame: string }>('/api/cameras/pi/door/frames', await door('open'))
    await server.api.send('PATCH', '/api/cameras/pi/door', { states: ['open', 'closed'] })
    await server.api.send('PUT', `/api/frames/${frame}/label`, { state: 'open' })
    await type('backup')
    const [name = ''] = (await machine.shell(`ls ${BACKUPS}`))
      .trim()
      .split('\n')
      .filter((one) => one.startsWith('ajar-'))
    expect(await machine.shell(`stat --format=%U ${BACKUPS}/${name}/state.db`)).toBe('ajar\n')

    await server.api.send('DELETE', '/api/cameras/pi/door')
    const connects =
      '(for i in $(seq 50); do curl --silent --max-time 1 127.0.0.1:20002 >/dev/null || true; sleep 0.2; done) & '
    await type('restore', {
      '/mnt/backups/ajar-TIME': `${BACKUPS}/${name}`,
      ' ajar-restore': `${connects}ajar-restore`,
    })
    await server.ready()
    expect(await server.api.get(`/api/frames/${frame}`)).toMatchObject({ label: expect.anything() })
    expect(await machine.show(UNIT, 'ActiveState')).toEqual({ ActiveState: 'active' })
  },
  LIMIT_MS,
)

test('every block of commands is one that these tests run', () => {
  expect([...commands.keys()].sort()).toEqual(['backup', 'restore', 'stuck'])
})
