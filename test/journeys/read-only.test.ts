import { execFileSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { needs } from '../setup/needs.ts'
import { door, sha256, withComment } from './pictures.ts'
import { openSmallDisk, type SmallDisk } from './small-disk.ts'
import { ADMIN_TOKEN, System, until } from './system.ts'

const DISK_BYTES = 96 * 1024 ** 2

interface Health {
  checks: { name: string; level: string; text: string }[]
}

test('a disk that becomes read-only: frames wait, the rest goes on, and none that was acknowledged is lost', {
  timeout: 60_000,
}, async (context) => {
  const disk = await openSmallDisk(DISK_BYTES).catch(() => null)
  needs(disk !== null, 'a file system of its own needs root', context)
  onTestFinished(() => disk?.close())
  if (!disk) return
  const system = await System.start({ AJAR_DATA_DIR: join(disk.folder, 'data') })
  onTestFinished(() => system.close())
  const client = await system.connect('door1', await system.addDevice('door1'))
  const picture = await door('closed')
  let time = Date.now()
  const publish = () => {
    time += 1
    const jpeg = withComment(picture, `frame ${time}`)
    const sent = { id: `door1/cam/${time}`, sha256: sha256(jpeg), acknowledged: false }
    const done = client.publishAsync(`ajar/door1/cam/frame/${time}`, jpeg, { qos: 1 }).then(() => {
      sent.acknowledged = true
    })
    done.catch(() => {}) // the server is killed before it could acknowledge
    return { sent, done }
  }
  const before = [publish(), publish(), publish()]
  await Promise.all(before.map(({ done }) => done))
  for (const { sent } of before) await system.ended(sent.id)

  breakDown(disk)
  const held = [publish(), publish()]
  const { status, body } = await until(async () => {
    const answer = await ready(system)
    return answer.body.checks.some(({ name, level }) => name === 'frames' && level === 'error') && answer
  })
  expect(status).toBe(503)
  expect(body.checks.find(({ name }) => name === 'frames')?.text).toMatch(/mend it; nothing is acknowledged meanwhile/)
  expect(system.printed.some((line) => line.includes('the disk takes no frames'))).toBe(true)
  expect(held.map(({ sent }) => sent.acknowledged)).toEqual([false, false])
  for (const { sent } of before) expect(await system.frame(sent.id)).toMatchObject({ sha256: sent.sha256 })
  expect(await system.api.get('/api/cameras')).toMatchObject({ items: [expect.objectContaining({ id: 'door1/cam' })] })
  // What changes something says that it cannot, and does not hang.
  await expect(system.api.send('POST', '/api/devices', { name: 'door2' })).rejects.toMatchObject({ status: 503 })

  await system.killServer()
  await expect(system.startServer()).rejects.toThrow(/ajar cannot start: .*AJAR_DATA_DIR/)
  mend(disk)
  await system.startServer()
  for (const { sent } of before) expect(await system.ended(sent.id)).toMatchObject({ sha256: sent.sha256 })
  for (const { sent } of held) expect(await system.frame(sent.id)).toBeNull()
  expect((await ready(system)).status).toBe(200)
})

/** As where the disk fails: the kernel writes nothing any more, also to what is open (ext4(5), `abort`). */
function breakDown({ folder }: SmallDisk) {
  execFileSync('mount', ['-o', 'remount,abort', folder], { stdio: 'pipe' })
}

function mend({ folder }: SmallDisk) {
  execFileSync('umount', [folder], { stdio: 'pipe' })
  execFileSync('mount', ['-o', 'loop', join(dirname(folder), 'image'), folder], { stdio: 'pipe' })
}

async function ready(system: System): Promise<{ status: number; body: Health }> {
  const answer = await fetch(`${system.server.http}/api/health/ready`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  })
  return { status: answer.status, body: (await answer.json()) as Health }
}
