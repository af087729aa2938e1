import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterFile } from '../../test/setup/after-file.ts'
import { plainJpeg } from './pictures.ts'
import { type Answer, RunningServer } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** When the first frame was captured. */
export const AT = 1_760_000_000_000
export const FRAME = `gate_door_${AT}`

/** Runs the judge, which has numpy and astropy. */
export function python(...args: string[]): string {
  const script = join(import.meta.dirname, 'laboratory-fits.py')
  return execFileSync('/usr/bin/python3', [script, ...args], { encoding: 'utf8', maxBuffer: 64 << 20 })
}

/** A server with three frames, FITS files that astropy wrote, links out of their folder, and two analysts. */
export async function startWithPictures() {
  const archive = await temporaryFolder(afterFile)
  python('write', archive)
  const outside = await temporaryFolder(afterFile)
  writeFileSync(join(outside, 'secret.fits'), readFileSync(join(archive, 'field.fits')))
  symlinkSync(join(outside, 'secret.fits'), join(archive, 'secret.fits'))
  symlinkSync(outside, join(archive, 'outside'))
  mkdirSync(join(archive, 'night'))
  symlinkSync(join(archive, 'field.fits'), join(archive, 'night', 'again.fits'))
  const server = await RunningServer.start(afterFile, { AJAR_ARCHIVE_DIR: archive })
  const tokenOf = async (name: string): Promise<string> =>
    (await server.call('POST', '/api/tokens', { name, role: 'analyst' })).body.token
  const [ann, bob] = [await tokenOf('ann'), await tokenOf('bob')]
  const frame = await slopes(160, 120)
  await server.ended(await server.send('gate/door', frame, AT))
  await server.ended(await server.send('gate/door', await plainJpeg(2), AT + 60_000))
  await server.ended(await server.send('gate/yard', await plainJpeg(3), AT + 30_000))
  return {
    ...{ server, archive, frame, ann, bob },
    /** As Ann calls, or whose token it is. */
    call: (method: string, path: string, body?: object, token = ann) => server.call(method, path, body, token),
    async upload(name: string, bytes: Uint8Array, token = ann): Promise<Answer> {
      const response = await fetch(`${server.url}/api/laboratory/uploads?name=${encodeURIComponent(name)}`, {
        method: 'POST',
        headers: { authorization: `Token ${token}`, 'content-type': 'application/octet-stream' },
        body: new Uint8Array(bytes),
      })
      return { status: response.status, headers: response.headers, body: await response.json() }
    },
  }
}

/** A picture whose luminance changes along both axes. */
async function slopes(width: number, height: number): Promise<Uint8Array> {
  const rgb = Buffer.alloc(width * height * 3)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) rgb.set([(x * 3) & 255, (y * 5) & 255, (x + y) & 255], (y * width + x) * 3)
  return new Uint8Array(
    await sharp(rgb, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 95 })
      .toBuffer(),
  )
}
