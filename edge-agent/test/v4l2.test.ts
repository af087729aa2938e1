import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeEach, expect, test } from 'vitest'
import { needsProgram } from '../../test/setup/needs.ts'
import { camera, programs, realPictures, take, withoutTables } from './cameras.ts'
import { asWebcam, expectSamePixels, fakeWebcam, mjpegWithoutTables } from './ffmpeg.ts'
import { temporaryFolder } from './places.ts'

beforeEach((context) => needsProgram('ffmpeg', 'ffmpeg', context))

const line = '[video4linux2,v4l2 @ 0x55d5] '
const jpegs = `${line}Raw       :     yuyv422 :           YUYV 4:2:2 : 640x480\n${line}Compressed:       mjpeg :          Motion-JPEG : 1280x720 640x372\n/dev/video7: Immediate exit requested\n`
const raw = `${line}Raw       :     yuyv422 :           YUYV 4:2:2 : 640x480\n/dev/video7: Immediate exit requested\n`
const webcam = { driver: 'v4l2', device: '/dev/video7', intervalMs: 40, width: 640, height: 372 }
const paced = ['-re', '-f', 'mjpeg', '-framerate', '20']

test('the JPEGs of a webcam are passed on, and get the Huffman tables that it leaves out', async (context) => {
  const folder = await temporaryFolder()
  const pictures = await asWebcam((await realPictures(context)).webcam, folder)
  const file = join(folder, 'webcam.mjpeg')
  await mjpegWithoutTables(Array.from({ length: 50 }, () => pictures).flat(), file)
  const bin = await programs()
  await fakeWebcam(bin, { formats: jpegs, input: [...paced, '-i', file] })
  const seen = (await take(camera(webcam), 6)).pictures
  const args = '-f v4l2 -input_format mjpeg -video_size 640x372 -framerate 25 -i /dev/video7'
  expect(await readFile(join(bin, 'device-args'), 'utf8')).toBe(args)
  for (const { jpeg } of seen) {
    const bare = withoutTables(Buffer.from(jpeg))
    expect(bare.length).toBeLessThan(jpeg.length)
    const original = pictures.find((picture) => bare.subarray(-500).equals(picture.subarray(-500)))
    await expectSamePixels(jpeg, original as Buffer)
  }
})

test('JPEGs that have their tables stay as good as they are', async (context) => {
  const folder = await temporaryFolder()
  const { webcam: pictures } = await realPictures(context)
  const file = join(folder, 'webcam.mjpeg')
  await writeFile(file, Buffer.concat(pictures))
  await fakeWebcam(await programs(), { formats: jpegs, input: [...paced, '-i', file] })
  for (const { jpeg } of (await take(camera(webcam), 3)).pictures) {
    const original = pictures.find((picture) => Buffer.from(jpeg).subarray(-500).equals(picture.subarray(-500)))
    await expectSamePixels(jpeg, original as Buffer)
  }
})

test('what comes raw is encoded, at the rate that is wanted', async () => {
  const bin = await programs()
  const source = ['-re', '-f', 'lavfi', '-i', 'testsrc2=size=640x372:rate=25,format=yuyv422']
  await fakeWebcam(bin, { formats: raw, input: source })
  const { pictures } = await take(camera({ ...webcam, intervalMs: 200, framerate: 10 }), 3)
  for (const { jpeg } of pictures) {
    expect(await sharp(jpeg).metadata()).toMatchObject({ format: 'jpeg', width: 640, height: 372 })
  }
  expect(await readFile(join(bin, 'device-args'), 'utf8')).not.toContain('mjpeg')
})

test('a webcam that ends, one that is not there, and one without pictures are told', async (context) => {
  const folder = await temporaryFolder()
  const { webcam: pictures } = await realPictures(context)
  const file = join(folder, 'webcam.mjpeg')
  await writeFile(file, Buffer.concat(pictures))
  const bin = await programs()
  await expect(take(camera(webcam), 1)).rejects.toThrow(/\/dev\/video7 offers no pictures: ffmpeg ended.*No such file/)
  await fakeWebcam(bin, { formats: jpegs, input: ['-f', 'mjpeg', '-i', file] })
  await expect(take(camera(webcam), 99)).rejects.toMatchObject({
    code: 'camera_ended',
    message: 'ffmpeg ended with code 0',
  })
})
