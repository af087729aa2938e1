import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Api, ApiError, type HttpAddress } from './api.ts'

/** What the demo keeps for its next start. */
export interface DemoKeys {
  /** An operator's token of its own. */
  api: string
  /** The credential of its device. */
  device: string
}

/**
 * The keys that an earlier start left in `folder`, where the server still knows them, else new ones. Each is on disk before the
 * next is made, so that whoever is killed in between needs no admin token the next time.
 * @param adminToken the token this start made or was given, or null on later starts
 * @returns null where a new operator's token is needed and nobody allows us to make one
 */
export async function demoKeys(
  server: HttpAddress,
  folder: string,
  device: string,
  adminToken: string | null,
): Promise<DemoKeys | null> {
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'keys.json')
  const left = await stillKnown(server, device, await read(file))
  const api = left.api ?? (adminToken === null ? null : await makeToken(new Api(server, adminToken)))
  if (api === null) return null
  await writeSecret(file, { ...left, api })
  const keys = { api, device: left.device ?? (await makeCredential(new Api(server, api), device)) }
  await writeSecret(file, keys)
  return keys
}

/** Replaces a file that only its owner may read: at any instant the old or the new content is there. */
export async function writeSecret(path: string, content: object): Promise<void> {
  const temporary = `${path}.tmp`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.chmod(0o600) // the mode above counts only for a new file
    await file.writeFile(`${JSON.stringify(content, null, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

async function read(file: string): Promise<Partial<DemoKeys>> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch {
    return {}
  }
}

/** A server with another data folder, or one whose admin revoked the token, knows neither. */
async function stillKnown(server: HttpAddress, device: string, keys: Partial<DemoKeys>): Promise<Partial<DemoKeys>> {
  if (keys.api === undefined) return {}
  try {
    await new Api(server, keys.api).get(`/api/devices/${device}`)
    return keys
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error.status === 401) return {}
    if (error.status === 404) return { api: keys.api }
    throw error
  }
}

/** @returns null where the server does not take the admin token */
async function makeToken(admin: Api): Promise<string | null> {
  try {
    return (await admin.send<{ token: string }>('POST', '/api/tokens', { name: 'demo', role: 'operator' })).token
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return null
    throw error
  }
}

async function makeCredential(api: Api, name: string): Promise<string> {
  const { token } = await api.send<{ token: string }>('POST', '/api/devices', { name }).catch((error) => {
    if (!(error instanceof ApiError) || error.code !== 'name_taken') throw error
    return api.send<{ token: string }>('POST', `/api/devices/${name}/credential`)
  })
  return token
}
