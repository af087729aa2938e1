import { existsSync, readFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FAULT_LENGTH } from '@ajar/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { ask } from '../src/capture/stream/child.ts'
import { checkConfig, createAgent } from '../src/index.ts'
import { camera, program, programs, realPictures, take, withThumbnail } from './cameras.ts'
import { connected } from './connected-agent.ts'
import { notebook, temporaryFolder, until } from './places.ts'

const fast = { driver: 'rpicam', intervalMs: 20 }

/** Whether there is a process of this number. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('a picture is taken out of the stream each interval, whatever the pieces it comes in', async (context) => {
  const { webcam, thumbnail } = await realPictures(context)
  const pictures = webcam.map((picture, i) => (i % 2 === 0 ? picture : withThumbnail(picture, thumbnail)))
  const folder = await programs()
  const body = `
    fs.writeFileSync(${JSON.stringify(join(folder, 'args'))}, JSON.stringify(args))
    await out('Recording started\\n')
    for (let i = 0; ; i = (i + 1) % 5) {
      const bytes = Buffer.concat([picture(i), Buffer.from('noise')])
      await out(bytes.subarray(0, 3)); await sleep(5)
      await out(bytes.subarray(3, 5000)); await sleep(5)
      await out(Buffer.concat([bytes.subarray(5000)])); await sleep(60)
    }`
  await program(folder, 'rpicam-vid', body, pictures)
  const config = camera({ ...fast, camera: 1, width: 640, height: 372, rotation: 180, args: ['--hflip'] })
  const seen = (await take(config, 5)).pictures
  expect(seen.map(({ jpeg }) => Buffer.from(jpeg))).toEqual(pictures.slice(0, 5))
  expect(seen.map(({ takenAt }) => takenAt.wallMs)).toEqual(seen.map(({ takenAt }) => takenAt.wallMs).toSorted())
  const given = JSON.parse(await readFile(join(folder, 'args'), 'utf8')).join(' ')
  const size = '--camera 1 --width 640 --height 372 --framerate 30 --quality 85 --rotation 180'
  expect(given).toBe(`--codec mjpeg -t 0 -n --flush ${size} --hflip -o -`)
})

test('of pictures that come at once the newest is taken', async (context) => {
  const { webcam } = await realPictures(context)
  const folder = await programs()
  const body = `
    await out(picture(0)); await sleep(200)
    await out(Buffer.concat([1, 2, 3].map(picture)))
    for (const part of [picture(4).subarray(0, 100), picture(4).subarray(100)]) await out(part)
    await sleep(600_000)`
  await program(folder, 'rpicam-vid', body, webcam)
  const { pictures } = await take(camera(fast), 2)
  expect(pictures.map(({ jpeg }) => Buffer.from(jpeg))).toEqual([webcam[0], webcam[4]])
})

test('a camera that stalls is given up, and its program is gone, though it ignores SIGTERM', async (context) => {
  const { webcam } = await realPictures(context)
  const folder = await programs()
  const body = `
    process.on('SIGTERM', () => {})
    fs.writeFileSync(${JSON.stringify(join(folder, 'pid'))}, String(process.pid))
    process.stderr.write('ERROR: Device timeout detected\\n')
    await out(picture(0)); await out(picture(1).subarray(0, 900))
    await sleep(600_000)`
  await program(folder, 'rpicam-vid', body, webcam)
  const stalled = take(camera({ ...fast, stallMs: 1000 }), 9)
  await expect(stalled).rejects.toMatchObject({
    code: 'camera_stalled',
    message: expect.stringMatching(
      /^rpicam-vid gave no whole picture for 1 s \(\d+ bytes came\): ERROR: Device timeout detected$/,
    ),
  })
  expect(runs(Number(await readFile(join(folder, 'pid'), 'utf8')))).toBe(false)
})

test('a stop ends the program, and what it started', async (context) => {
  const { webcam } = await realPictures(context)
  const folder = await programs()
  const pids = join(folder, 'pids')
  const body = `
    const child = require('node:child_process').spawn('sleep', ['600'])
    fs.writeFileSync(${JSON.stringify(pids)}, process.pid + ' ' + child.pid)
    for (;;) { await out(picture(0)); await sleep(20) }`
  await program(folder, 'rpicam-vid', body, webcam)
  expect((await take(camera(fast), 3)).pictures).toHaveLength(3)
  const [parent, child] = (await readFile(pids, 'utf8')).split(' ').map(Number) as [number, number]
  await until(() => !runs(parent) && !runs(child))
})

test('a crash is told with the last lines of standard error', async (context) => {
  const { webcam } = await realPictures(context)
  const folder = await programs()
  const body = `
    await out(picture(0))
    for (let i = 0; i < 1000; i++) process.stderr.write('line ' + i + '\\n')
    process.stderr.write('ERROR: *** failed to acquire camera ***\\n', () => process.exit(255))`
  await program(folder, 'rpicam-vid', body, webcam)
  await expect(take(camera(fast), 9)).rejects.toMatchObject({
    code: 'camera_ended',
    message: 'rpicam-vid ended with code 255: line 998 | line 999 | ERROR: *** failed to acquire camera ***',
  })
})

test('an endless stream that is no JPEG takes no memory and is told', async (context) => {
  const { webcam } = await realPictures(context)
  const folder = await programs()
  const body = `await out(picture(0))
  for (const bytes of [Buffer.alloc(60_000, 0xff), Buffer.from('ffd8ffe0ffff'.repeat(9000), 'hex')]) {
    const end = Date.now() + 700
    while (Date.now() < end) await out(bytes)
  }
  for (;;) await out(Buffer.alloc(60_000, 0xd8))`
  await program(folder, 'rpicam-vid', body, webcam)
  const before = process.memoryUsage().rss
  const stalled = take(camera({ ...fast, stallMs: 2000 }), 9, { maxFrameBytes: 100_000 })
  await expect(stalled).rejects.toThrow(/no whole picture for 2 s \(\d+ bytes came, \d+ broken pictures among them\)/)
  expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000)
})

test('what a program leaves behind when it ends does not hold the camera against its successor', async () => {
  const folder = await programs()
  const pids = join(folder, 'pids')
  const helper = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`
  const helping = `[process.execPath, ['-e', ${JSON.stringify(helper)}], { stdio: 'inherit' }]`
  const body = `
    const helper = require('node:child_process').spawn(...${helping})
    fs.writeFileSync(${JSON.stringify(pids)}, String(helper.pid))
    await sleep(300)
    process.exit(1)`
  await program(folder, 'rpicam-vid', body)
  await expect(take(camera(fast), 1)).rejects.toThrow('rpicam-vid ended with code 1')
  const pid = Number(await readFile(pids, 'utf8'))
  onTestFinished(() => void (isThere(pid) && process.kill(pid, 'SIGKILL')))
  await until(() => !isThere(pid))
})

/** Whether a process runs; one that has ended and waits for its parent's question does not. */
function isThere(pid: number): boolean {
  const state = existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ') X'
  return !/^[ZX]/.test(state.slice(state.lastIndexOf(')') + 2))
}

test('a program that is missing is named, with what installs it', async () => {
  const folder = await programs()
  process.env.PATH = folder
  await expect(take(camera(fast), 1)).rejects.toMatchObject({
    code: 'camera_missing',
    message: 'rpicam-vid is not installed: sudo apt install rpicam-apps-lite',
  })
  await expect(take(camera({ driver: 'libcamera' }), 1)).rejects.toThrow('libcamera-vid is not installed')
})

test('auto takes the first driver that can be used, and tells why not the others', async (context) => {
  const { webcam } = await realPictures(context)
  const folder = await programs()
  process.env.PATH = folder
  const nothing = await take(camera({}), 1).catch(String)
  expect(nothing).toBe(
    'Error: no camera can be used: v4l2: no webcam 0 at /dev/v4l/by-id: connect one, or name its device; ' +
      "not installed: rpicam-vid, libcamera-vid, raspistill; for a Pi's camera: sudo apt install rpicam-apps-lite",
  )

  await program(folder, 'rpicam-vid', `process.stderr.write('No cameras available!\\n')`)
  const stream = `
    if (args[0] === '--list-cameras') return out(cameras)
    for (;;) { await out(picture(0)); await sleep(20) }`
  await program(folder, 'libcamera-vid', stream, webcam)
  const { pictures, reported, log } = await take(camera({ intervalMs: 20, width: 640 }), 2)
  expect(pictures).toHaveLength(2)
  expect(reported).toEqual(['auto', 'libcamera'])
  expect(log.lines.join()).toMatch(/cam uses libcamera; not rpicam: rpicam-vid finds no camera/)

  await expect(take(camera({ camera: 1 }), 1)).rejects.toThrow('libcamera: libcamera-vid lists camera 0, not 1')
})

test.each([
  ['No cameras available!\\n', 0, /finds no camera: is its ribbon cable/],
  ['ERROR: *** no cameras available ***\\n', 255, /finds no camera: is its ribbon cable/],
  [
    'rpicam-vid: error while loading shared libraries: libcamera.so.0.5: cannot open\\n',
    127,
    /lists no cameras: it ended with code 127: .*libcamera.so.0.5: cannot open/,
  ],
  [
    '[0:1] ERROR DmaHeap: could not open /dev/dma_heap/system: Permission denied\\nNo cameras available!\\n',
    0,
    /may not use the camera \(.*dma_heap\/system: Permission denied\): is this user in the group video\?/,
  ],
  ['', 139, /lists no cameras: it ended with code 139/],
])('only a program that says so finds no camera: %j', async (said, code, reason) => {
  const folder = await programs()
  process.env.PATH = folder
  await program(folder, 'rpicam-vid', `process.stderr.write('${said}', () => process.exit(${code}))`)
  const nothing = await take(camera({}), 1).catch(String)
  expect(nothing).toMatch(/^Error: no camera can be used: rpicam: rpicam-vid /)
  expect(nothing).toMatch(reason)
  expect(String(nothing).length).toBeLessThan(FAULT_LENGTH)
  expect(nothing).not.toMatch(code > 0 && code < 255 ? /ribbon/ : /lists no/)
})

test('auto stays with the camera it began with, though another could be used and its settings changed', async (context) => {
  const { webcam } = await realPictures(context)
  const folder = await programs()
  process.env.PATH = folder
  const body = `if (args[0] === '--list-cameras') return out(cameras)
    for (let i = 0; i < 20; i++) { await out(picture(0)); await sleep(20) }
    process.exit(1)`
  await program(folder, 'rpicam-vid', body, webcam)
  const { agent, settle, log } = await connected([{ name: 'cam', intervalMs: 20 }])
  const captured = async () => (await agent.status()).captures?.cam?.captured ?? 0
  while ((await captured()) < 3) await new Promise((resolve) => setTimeout(resolve, 10))
  await program(folder, 'libcamera-vid', body, webcam)
  await rm(join(folder, 'rpicam-vid'))
  expect(await settle({ intervalMs: 30 })).toMatchObject({ ok: true })
  await until(() => log.lines.some((line) => line.includes('rpicam-vid is not installed')))
  expect((await agent.status()).driver).toBe('rpicam')
  expect(log.lines.filter((line) => / uses (rpicam|libcamera)/.test(line))).toHaveLength(1)
})

test('an agent with two cameras starts each anew when it crashes', async (context) => {
  const { webcam } = await realPictures(context)
  const folder = await programs()
  const body = `const which = Number(args[args.indexOf('--camera') + 1])
    for (let i = 0; i < 3; i++) { await out(picture(which)); await sleep(60) }
    process.exit(1)`
  await program(folder, 'rpicam-vid', body, webcam)
  const dataDir = await temporaryFolder()
  const cameras = ['front', 'back'].map((name, i) => ({ name, camera: i, ...fast }))
  const config = checkConfig({ device: 'pi', token: 't', server: 'mqtt://127.0.0.1:1', dataDir, cameras })
  const log = notebook()
  const frames: string[] = []
  const agent = createAgent(config, { log, onFrame: ({ camera }) => frames.push(camera) })
  await agent.start()
  onTestFinished(() => agent.close())
  const of = (name: string) => frames.filter((camera) => camera === name).length
  await until(() => of('front') >= 5 && of('back') >= 5)
  expect(log.lines.join()).toMatch(/camera front: rpicam-vid ended with code 1; trying again in 1 s/)
})

test('a program that does not answer is not waited for', async () => {
  const folder = await programs()
  await program(folder, 'rpicam-vid', `process.stderr.write('looking\\n'); await sleep(600_000)`)
  const answer = await ask({ name: 'rpicam-vid', args: [], install: '' }, 500)
  expect(answer.trouble).toMatch(/^rpicam-vid gave no answer within 0.5 s/)
})
