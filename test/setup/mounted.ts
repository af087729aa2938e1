import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, type TestContext } from 'vitest'
import { needs } from './needs.ts'

/**
 * A folder with a small file system of its own, gone when the test is over. Only root may mount; elsewhere the test is
 * skipped and says so.
 * @param options of tmpfs(5), for example `size=40m` or `ro`
 */
export async function mountedFolder(options: string, context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-mounted-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder])
  needs(status === 0, `a file system of its own needs root: ${String(stderr).trim()}`, context)
  onTestFinished(() => void spawnSync('umount', ['--lazy', folder]))
  return folder
}
