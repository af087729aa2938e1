import { realpath } from 'node:fs/promises'
import { relative, sep } from 'node:path'

/**
 * Sees that no file of an untrusted task is a link out of its folder: this process would read there, for its description and
 * to tell whether it changed.
 * @throws Error that names the one that is
 */
export async function staysIn(folder: string, files: readonly string[]): Promise<void> {
  const top = await realpath(folder)
  for (const file of files) {
    // What is gone, or a link that leads nowhere, is read by nobody.
    const real = await realpath(file).catch(() => null)
    if (real !== null && !real.startsWith(top + sep))
      throw new Error(`${relative(folder, file)} is a link out of the folder, which no untrusted task may have.`)
  }
}
