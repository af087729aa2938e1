import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { door, withComment } from './pictures.ts'
import { System, until } from './system.ts'

const DAY_MS = 86_400_000
const CLOCK = fileURLToPath(new URL('shifted-clock.ts', import.meta.url))

test('the clock jumps ahead, back and far back: frames go on, ids rise, nothing goes, and health says so', {
  timeout: 60_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-clock-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'offset')
  await writeFile(file, '0')
  const system = await System.start({
    TEST_CLOCK_FILE: file,
    NODE_OPTIONS: `--import=${CLOCK}`,
    AJAR_RETAIN_DAYS: '1',
    AJAR_RETAIN_RESULTS_DAYS: '1',
  })
  onTestFinished(() => system.close())
  const picture = await door('closed')
  const clockCheck = async () => {
    const { checks } = await system.api.get<{ checks: { name: string; level: string; text: string }[] }>(
      '/api/health/ready',
    )
    return checks.find(({ name }) => name === 'clock')
  }
  const taken: string[] = []
  const send = async () => {
    const jpeg = withComment(picture, `frame ${taken.length}`)
    const { frame } = await system.api.sendJpeg<{ frame: string }>('/api/cameras/pi/cam/frames', jpeg)
    taken.push(frame)
    await system.ended(frame)
  }
  await send()

  await writeFile(file, String(3 * DAY_MS))
  await until(async () => (await clockCheck())?.text.includes('ahead'))
  await send()
  await writeFile(file, '0')
  await until(async () => (await clockCheck())?.level === 'ok')
  await send()
  await writeFile(file, String(-20 * 365 * DAY_MS))
  await until(async () => (await clockCheck())?.text.includes('back'))
  await send()
  await send()
  // Who was signed in stays so, and a device may come.
  expect(await system.connect('door1', await system.addDevice('door1'))).toMatchObject({ connected: true })

  const times = taken.map((id) => Number(id.split('/')[2]))
  expect(times).toEqual([...new Set(times)].sort((a, b) => a - b))
  for (const id of taken) expect(await system.frame(id)).toMatchObject({ outcome: 'classified' })
  expect(await system.metric('ajar_storage_pruned_frames')).toBe(0)
})
