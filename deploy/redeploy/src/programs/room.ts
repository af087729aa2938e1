import { statfs } from 'node:fs/promises'
import { RedeployError } from '../step.ts'

const MIB = 1024 * 1024

/**
 * A release must not fill the disk that the server writes to: it would hold its frames.
 * @throws RedeployError `no_room` where less than `bytes` is free
 */
export async function checkRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  if (free >= bytes) return
  const [has, needs] = [free, bytes].map((size) => Math.round(size / MIB))
  throw new RedeployError('no_room', 'environment', `${folder} has ${has} MiB free, and ${needs} MiB are needed`)
}
