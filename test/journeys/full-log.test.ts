import { readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { mountedFolder } from '../setup/mounted.ts'
import { door } from './pictures.ts'
import { System, until } from './system.ts'

interface LogFile {
  droppedLines: number
  trouble: string | null
}

test('a full disk under the log file costs lines; frames go on, and it is told', {
  timeout: 90_000,
}, async (context) => {
  const disk = await mountedFolder('size=1m', context)
  const AJAR_LOG_FILE = join(disk, 'ajar.log')
  const system = await System.start({ AJAR_LOG_FILE, AJAR_LOG_FILE_BYTES: '1MB', AJAR_LOG_LEVEL: 'debug' })
  onTestFinished(() => system.close())
  const { api } = system
  const file = async () => (await api.get<{ file: LogFile }>('/api/logging')).file
  const health = async () => {
    const { checks } = await api.get<{ checks: { name: string; level: string; text: string }[] }>('/api/health/ready')
    return checks.find(({ name }) => name === 'log')
  }
  expect(await health()).toMatchObject({ level: 'ok' })

  const { bavail, bsize } = await statfs(disk)
  await writeFile(join(disk, 'ballast'), Buffer.alloc(bavail * bsize))
  await system.addDevice('pi')
  await until(async () => (await file()).droppedLines > 0) // each call is a line
  expect(await health()).toMatchObject({
    level: 'warn',
    text: expect.stringMatching(/ENOSPC.*everything else goes on/),
  })
  const { frame } = await api.sendJpeg<{ frame: string }>('/api/cameras/pi/door/frames', await door('open'))
  expect((await system.ended(frame)).outcome).toBe('classified')

  await rm(join(disk, 'ballast'))
  await until(async () => (await file()).trouble === null)
  const { droppedLines } = await file()
  await until(async () => (await readFile(AJAR_LOG_FILE, 'utf8')).includes('takes lines again'))
  const lines = (await readFile(AJAR_LOG_FILE, 'utf8')).split('\n').slice(0, -1)
  for (const line of lines) expect(() => JSON.parse(line)).not.toThrow()
  const told = lines.map((line) => JSON.parse(line)).find(({ msg }) => msg.includes('takes lines again'))
  expect(told).toMatchObject({ component: 'logging', dropped: droppedLines })
})
