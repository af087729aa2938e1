import { access, constants, readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Config } from './config.ts'
import { AgentError, reasonOf, systemCode } from './failure.ts'

/** What the kernel shows as files: nobody makes a folder there. */
const KERNELS = /^\/(proc|sys|dev)(\/|$)/

/**
 * Whether the files and folders that the config names can be what they are for; nothing is made. A folder that is not there yet may be
 * made by somebody else (systemd, as root). `readTrust` says whether `ca` can be used. Rejects with `bad_config` (caller), every error on a line of its own.
 */
export async function checkPlaces(
  { ca, dataDir, cameras }: Config,
  readTrust: (file: string) => Promise<unknown>,
): Promise<void> {
  const authorities = cameras.flatMap((camera) =>
    'ca' in camera && camera.ca !== undefined ? [{ name: camera.name, file: camera.ca }] : [],
  )
  const checks = [
    ca === undefined ? null : readTrust(ca).then(() => null, reasonOf),
    whyNoFolder(resolve(dataDir)).then((why) => why && `dataDir: ${why}`),
    ...authorities.map(({ name, file }) =>
      readFile(file).then(
        () => null,
        (error) => `ca of camera ${name}: ${reasonOf(error)}`,
      ),
    ),
  ]
  const errors = (await Promise.all(checks)).filter((error) => error !== null)
  if (errors.length === 0) return
  const lines = errors.map((error) => `\n  ${error}`).join('')
  throw new AgentError('bad_config', 'caller', `the agent's config names what cannot be used:${lines}`)
}

async function whyNoFolder(folder: string): Promise<string | null> {
  if (KERNELS.test(folder)) return `${folder}: nothing can be kept there`
  try {
    if (!(await stat(folder)).isDirectory()) return `${folder} is no folder`
    await access(folder, constants.W_OK | constants.X_OK)
    return null
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOTDIR') return `${folder}: a part of this path is no folder`
    if (code !== 'ENOENT') return reasonOf(error)
  }
  const above = await whyNoFolder(dirname(folder))
  return above !== null && !/EACCES/.test(above) ? above : null
}
