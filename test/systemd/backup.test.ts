import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { teachDoor } from '../journeys/lesson.ts'
import { until } from '../journeys/system.ts'
import { needs } from '../setup/needs.ts'
import { DATA_FOLDER, InstalledServer, UNIT } from './installed-server.ts'
import { Machine, whyNoMachine } from './machine.ts'

/** Backups of the service: made by its worker at night, and by an operator; restored as deploy/README.md tells. */

const LIMIT_MS = 400_000
const CAMERA = 'pi/door'
const BACKUPS = '/srv/backups'
const NODE = '/opt/ajar/current/bin/node'
/** Long ago, as on a machine that has slept through its nights. */
const AGE = `
  const { DatabaseSync } = require('node:sqlite')
  new DatabaseSync('${DATA_FOLDER}/state.db').exec("update kysely_migration set timestamp = '2020-01-01T00:00:00.000Z'")`
/** Prints what there is, past the server's own code: digests of pictures by frame, of models' files, labels. */
const CONTENT = `
  const { DatabaseSync } = require('node:sqlite')
  const { globSync, readFileSync } = require('node:fs')
  const { hash } = require('node:crypto')
  const all = (file, sql) => new DatabaseSync(file, { readOnly: true }).prepare(sql).all()
  const frames = globSync('${DATA_FOLDER}/frames/*.db').flatMap((file) =>
    all(file, "select camera || '/' || captured_at as id, jpeg from frames").map(({ id, jpeg }) => [id, hash('sha256', jpeg)]))
  const models = globSync('${DATA_FOLDER}/models/*/*/*/*').map((file) => [file, hash('sha256', readFileSync(file))])
  const labels = all('${DATA_FOLDER}/state.db', "select camera || '/' || captured_at as id, state from labels order by 1")
  console.log(JSON.stringify({ frames: Object.fromEntries(frames), models: Object.fromEntries(models), labels }))`

interface Content {
  frames: Record<string, string>
  models: Record<string, string>
  labels: { id: string; state: string }[]
}
interface BackupsBody {
  items: { name: string; kind: string; complete: boolean; frames: number; models: number }[]
  folder: string
}

const trouble = whyNoMachine()
let machine: Machine
let server: InstalledServer

beforeAll(async () => {
  if (trouble !== null) return
  machine = await Machine.start({ size: '3g' })
  server = await InstalledServer.install(machine, { settings: [`AJAR_BACKUP_DIR=${BACKUPS}`], canBeHurt: false })
  await server.api.send('POST', '/api/devices', { name: 'pi' })
  await teachDoor(server, CAMERA)
}, LIMIT_MS)
afterAll(async () => machine?.close())
beforeEach((context) => needs(trouble === null, trouble ?? '', context))

const run = (...command: string[]) => machine.run(command, { limitMs: LIMIT_MS })
const content = async (): Promise<Content> => JSON.parse(await machine.shell(`${NODE} -e '${quoted(CONTENT)}'`))
const quoted = (script: string) => script.replaceAll("'", "'\\''")
const backups = () => server.api.get<BackupsBody>('/api/backups')
const pid = async () => (await server.show('MainPID')).MainPID
/** Its names and, of each, mode and owner. */
const lying = async (folder: string) => (await machine.shell(`cd ${folder} && stat --format='%n %a %U' ajar-*`)).trim()

test(
  'the worker makes the nightly one in its sandbox, where the settings say',
  async () => {
    await machine.shell(`systemctl stop ajar-http.socket ajar-mqtt.socket ${UNIT}; ${NODE} -e '${quoted(AGE)}'`)
    await machine.shell(`systemctl start ajar-http.socket ajar-mqtt.socket ${UNIT}`)
    await server.ready()
    const made = await until(async () => (await backups()).items.find(({ complete }) => complete), LIMIT_MS)
    expect(made).toMatchObject({ kind: 'nightly', models: 1 })
    expect((await backups()).folder).toBe(BACKUPS)
    expect(await lying(BACKUPS)).toBe(`${made.name} 700 ajar`)
    expect(await machine.shell(`ls ${DATA_FOLDER}`)).not.toContain('backups')
  },
  LIMIT_MS,
)

test(
  'an operator makes one with a word, of the user of the data, and the server shows it',
  async () => {
    const made = await run('ajar-backup')
    expect(made.code, made.stderr).toBe(0)
    const [, name] = /\/srv\/backups\/(ajar-\w+): /.exec(made.stdout) ?? []
    expect((await backups()).items[0]).toMatchObject({ name, kind: 'asked', complete: true })
    expect(await lying(BACKUPS)).toContain(`${name} 700 ajar`)
    const elsewhere = await run('ajar-backup', '/srv/elsewhere', '--all-frames')
    expect(elsewhere.code, elsewhere.stderr).toBe(0)
    expect(await lying('/srv/elsewhere')).toMatch(/^ajar-\w+ 700 ajar$/)
    const stranger = await run('runuser', '-u', 'nobody', '--', 'ajar-backup')
    expect(stranger).toMatchObject({ code: 1, stderr: expect.stringContaining('this needs root: sudo') })
    expect(await machine.shell('ls /run /run/systemd/system'), 'no settings are left behind').not.toContain(
      'ajar-command',
    )
  },
  LIMIT_MS,
)

test(
  'a backup that is damaged, or is none, touches nothing',
  async () => {
    const before = await pid()
    await machine.shell(
      `cp -a $(ls -d ${BACKUPS}/ajar-* | tail -1) /srv/damaged; echo xx | dd of=/srv/damaged/state.db bs=1 seek=5000 conv=notrunc`,
    )
    expect(await run('ajar-restore', '/srv/damaged')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not as it was written'),
    })
    expect(await run('ajar-restore', '/srv/nothing')).toMatchObject({ code: 1 })
    expect(await run('ajar-restore')).toMatchObject({ code: 2, stderr: expect.stringContaining('Usage') })
    await machine.write('/opt/ajar/redeploy/pending.json', '{}')
    expect((await run('ajar-restore', '/srv/damaged')).stderr).toContain('a redeploy is under way')
    await machine.shell('rm /opt/ajar/redeploy/pending.json')
    expect(await pid()).toBe(before)
    expect((await machine.shell('ls -A /var/lib')).split('\n').filter((name) => name.includes('ajar'))).toEqual([
      'ajar',
    ])
  },
  LIMIT_MS,
)

test(
  'over a mistake: what was there stays beside, and whoever connects meanwhile waits',
  async () => {
    const before = await content()
    expect(before.labels.length).toBeGreaterThan(0)
    const name = (await backups()).items[0]?.name
    await server.api.send('DELETE', `/api/cameras/${CAMERA}`)
    await until(async () => (await content()).labels.length === 0)
    const asked = { stop: false, answers: 0 }
    const polling = (async () => {
      while (!asked.stop) asked.answers += Number(await server.isReady())
    })()
    const restored = await run('ajar-restore', `${BACKUPS}/${name}`)
    asked.stop = true
    await polling
    expect(restored.code, restored.stderr).toBe(0)
    await server.ready()
    expect(await content()).toMatchObject({ labels: before.labels, models: before.models })
    const [, kept] = /until now lies in (\S+):/.exec(restored.stdout) ?? []
    await machine.shell(`test -e ${kept}/state.db`)
    expect(asked.answers).toBeGreaterThan(0)
  },
  LIMIT_MS,
)

test(
  'into an emptied machine: pictures, models, labels, devices and tokens are those of then',
  async () => {
    const before = await content()
    const name = (await backups()).items[0]?.name
    await machine.shell('/opt/ajar/current/deploy/install.sh --uninstall --purge; rm -rf /var/lib/ajar*', {
      limitMs: LIMIT_MS,
    })
    await server.writeSettings([`AJAR_BACKUP_DIR=${BACKUPS}`])
    // So the user has another number than on the machine before.
    await machine.shell('useradd --system --no-create-home somebody-else')
    await expect(server.runInstaller()).rejects.toThrow(`chown -R ajar:ajar ${BACKUPS}`)
    await machine.shell(`chown -R ajar:ajar ${BACKUPS}`)
    await server.runInstaller()
    const restored = await run('ajar-restore', `${BACKUPS}/${name}`)
    expect(restored.code, restored.stderr).toBe(0)
    await server.ready()
    const after = await content()
    expect(after.labels).toEqual(before.labels)
    expect(after.models).toEqual(before.models)
    const labelled = before.labels.map(({ id }) => [id, before.frames[id]])
    expect(labelled.length).toBeGreaterThan(0)
    expect(labelled.map(([id = '']) => [id, after.frames[id]])).toEqual(labelled)
    expect(await server.api.get('/api/devices')).toMatchObject({ items: [expect.objectContaining({ name: 'pi' })] })
    expect(await machine.shell(`stat --format='%a %U' ${DATA_FOLDER} ${DATA_FOLDER}/state.db`)).toBe(
      '700 ajar\n600 ajar\n',
    )
    const sockets = ['ajar-http.socket', 'ajar-mqtt.socket', 'ajar-redeploy.socket', 'ajar-worker.service']
    for (const unit of sockets)
      expect([unit, (await machine.show(unit, 'ActiveState')).ActiveState]).toEqual([unit, 'active'])
  },
  LIMIT_MS,
)
