import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A real file system of its own in a file, for what happens when a disk is full. */
export interface SmallDisk {
  /** Where it is mounted. */
  folder: string
  close(): Promise<void>
}

/** @throws Error that says why, where it cannot be made: only root may mount */
export async function openSmallDisk(bytes: number): Promise<SmallDisk> {
  const parent = await mkdtemp(join(tmpdir(), 'ajar-disk-'))
  const image = join(parent, 'image')
  const folder = join(parent, 'mounted')
  const close = async () => {
    spawnSync('umount', ['--lazy', folder])
    await rm(parent, { recursive: true, force: true })
  }
  try {
    const file = await open(image, 'w')
    await file.truncate(bytes)
    await file.close()
    await mkdir(folder)
    execFileSync('mkfs.ext4', ['-q', '-m', '0', image], { stdio: 'pipe' })
    execFileSync('mount', ['-o', 'loop', image, folder], { stdio: 'pipe' })
  } catch (error) {
    await close()
    throw error
  }
  return { folder, close }
}
