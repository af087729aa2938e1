import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Raspistill } from 'node-raspistill'
import { expect, test } from 'vitest'
import { camera, program, programs, realPictures, take } from './cameras.ts'

/** Where the fake has to write its picture to. */
const toFile = `const file = args[args.indexOf('-o') + 1]
const write = (bytes) => (file === '-' ? out(bytes) : fs.writeFileSync(file, bytes))
`
const still = { driver: 'raspistill', intervalMs: 20, warmUpMs: 1, stallMs: 30_000 }

/** A JPEG of that size: fill bytes in comments. */
function padded(picture: Buffer, bytes: number): Buffer {
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0xff, 0xff]), Buffer.alloc(65_533, 1)])
  const comments = Array.from({ length: Math.ceil(bytes / comment.length) }, () => comment)
  return Buffer.concat([picture.subarray(0, 2), ...comments, picture.subarray(2)])
}

test('pictures come by the real package, with the settings of the config', async (context) => {
  const { webcam } = await realPictures(context)
  const folder = await programs()
  const body = `${toFile}
    fs.writeFileSync(${JSON.stringify(join(folder, 'args'))}, args.join(' '))
    const all = ${JSON.stringify(join(folder, 'count'))}
    fs.appendFileSync(all, '.')
    fs.writeFileSync(file + '~', picture(fs.readFileSync(all).length - 1))
    fs.renameSync(file + '~', file)`
  await program(folder, 'raspistill', body, webcam)
  const { pictures } = await take(camera({ ...still, width: 640, height: 372, rotation: 90 }), 3)
  expect(pictures.map(({ jpeg }) => Buffer.from(jpeg))).toEqual(webcam.slice(0, 3))
  const args = await readFile(join(folder, 'args'), 'utf8')
  expect(args).toMatch(/^-n -e jpg -w 640 -h 372 -q 85 -rot 90 -t 1 -o .*picture.jpg$/)
})

test('what the package itself loses arrives: 9 MB in pieces, and a picture in spite of a warning', async (context) => {
  const { webcam } = await realPictures(context)
  const folder = await programs()
  const large = padded(webcam[0] as Buffer, 9_000_000)
  const slowly = `${toFile}
    const handle = file === '-' ? 1 : fs.openSync(file, 'w')
    for (let at = 0; at < picture(0).length; at += 4_000_000) {
      fs.writeSync(handle, picture(0).subarray(at, at + 4_000_000))
      await sleep(50)
    }`
  // Its own ways, in its real code: standard output counts up to the program's end, and nothing at all is a success;
  await program(folder, 'raspistill', 'process.exit(0)')
  expect(await new Raspistill({ noFileSave: true }).takePhoto()).toHaveLength(0)
  const leavesBehind = `const rest = 'setTimeout(() => process.stdout.write(Buffer.alloc(5e6)), 300)'
    fs.writeSync(1, Buffer.alloc(4_000))
    require('node:child_process').spawn(process.execPath, ['-e', rest], { stdio: [0, 1, 2], detached: true })
    process.exit(0)`
  await program(folder, 'raspistill', leavesBehind)
  expect((await new Raspistill({ noFileSave: true }).takePhoto()).length).toBeLessThan(5_000_000)
  // a line on standard error throws the picture away; a file is read at its first change.
  await program(folder, 'raspistill', `process.stderr.write('mmal: a warning\\n'); await out(picture(0))`, webcam)
  await expect(new Raspistill({ noFileSave: true }).takePhoto()).rejects.toThrow('a warning')
  await program(folder, 'raspistill', `process.stderr.write('mmal: a warning\\n')\n${slowly}`, [large])
  const read = await new Raspistill({ outputDir: folder, fileName: 'x' }).takePhoto()
  expect(read.length).toBeLessThan(large.length)
  const { pictures } = await take(camera(still), 1, { maxFrameBytes: 10_000_000 })
  expect(large.equals(pictures[0]?.jpeg as Uint8Array)).toBe(true)
})

test.for([
  ['no bytes, and success', 'write(Buffer.alloc(0))', /ended well, but wrote no picture/],
  ['half of a picture, and success', 'write(picture(0).subarray(0, 9000))', /wrote 9000 bytes that are no whole JPEG/],
  ['what is no picture', `write(Buffer.alloc(5000, 'x'))`, /wrote 5000 bytes that are no whole JPEG/],
  ['more than the agent takes', 'write(Buffer.alloc(500_000))', /wrote 500000 bytes: choose a smaller/],
  [
    'an error',
    `write(picture(0)); process.stderr.write('mmal: Camera is not detected\\n'); process.exitCode = 70`,
    /raspistill failed: .*mmal: Camera is not detected/,
  ],
  ['no file at all', '', /gave no picture for 2.001 s/, 2000],
  ['no end', `process.on('SIGTERM', () => {}); await sleep(600_000)`, /gave no picture for 2.001 s/, 2000],
] as const)('%s is told and not sent', async ([, body, message, stallMs = still.stallMs], context) => {
  const { webcam } = await realPictures(context)
  const folder = await programs()
  const pid = join(folder, 'pid')
  await program(
    folder,
    'raspistill',
    `fs.writeFileSync(${JSON.stringify(pid)}, String(process.pid))\n${toFile}${body}`,
    webcam,
  )
  await expect(take(camera({ ...still, stallMs }), 1, { maxFrameBytes: 100_000 })).rejects.toThrow(message)
  const number = Number(await readFile(pid, 'utf8'))
  expect(() => process.kill(number, 0)).toThrow('ESRCH')
})

test('auto takes raspistill where vcgencmd sees a camera', async (context) => {
  const { webcam } = await realPictures(context)
  const folder = await programs()
  process.env.PATH = folder
  await program(folder, 'raspistill', `${toFile}write(picture(0))`, webcam)
  await program(folder, 'vcgencmd', `await out('supported=1 detected=0\\n')`)
  await expect(take(camera({}), 1)).rejects.toThrow('raspistill: raspistill finds no camera')
  await program(folder, 'vcgencmd', `await out('supported=1 detected=1, libcamera interfaces=0\\n')`)
  expect((await take(camera({}), 1)).reported).toEqual(['auto', 'raspistill'])
})

test('a missing program is told', async () => {
  process.env.PATH = await programs()
  await expect(take(camera(still), 1)).rejects.toMatchObject({ code: 'camera_missing' })
})
