import { X509Certificate } from 'node:crypto'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { isIP, isIPv6 } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { isAbsolute, normalize } from 'node:path'

/**
 * `node service-settings.ts`, in the environment and as the user of the server: says on standard error what is wrong with its
 * settings, exit code 2, or prints what install.sh needs to know, as `name=value`. (An agent says so itself: `--check`.)
 */

/** What the units of systemd shut away from the server, or make anew at each start. */
const SHUT = ['/home', '/root', '/run', '/tmp', '/var/tmp', '/opt', '/etc', '/usr', '/proc', '/sys', '/dev', '/boot']
const LOGS = '/var/log/ajar'
const BAD_SETTINGS = 2

/** The public entry of the server in the same release. */
const SERVER = new URL('../../server/src/index.ts', import.meta.url).href

/** @returns lines for install.sh @throws Error that names what cannot be used */
export async function serverSettings(environment: Record<string, string | undefined>): Promise<string[]> {
  const { readSettings } = await import(SERVER)
  const settings = readSettings(environment)
  const { dataDir, httpHost, httpPort, mqttHost, mqttPort, mqttsPort, tlsCert, tlsKey, logFile } = settings
  const { backupDir } = settings
  checkFolder('AJAR_DATA_DIR', environment.AJAR_DATA_DIR ?? '', dataDir)
  if (backupDir !== null) checkFolder('AJAR_BACKUP_DIR', environment.AJAR_BACKUP_DIR ?? '', backupDir)
  if (logFile !== null && !isIn(logFile, dataDir) && !isIn(logFile, LOGS))
    throw new Error(`AJAR_LOG_FILE=${logFile}: a service cannot write there; name ${LOGS}/ajar.log`)
  for (const [name, file] of Object.entries({ AJAR_TLS_CERT: tlsCert, AJAR_TLS_KEY: tlsKey }))
    if (file !== null && !may(file, constants.R_OK))
      throw new Error(`${name}=${file}: the user ajar cannot read it; see deploy/README.md, Install`)
  const listeners = [
    `http=${address('AJAR_HTTP_HOST', httpHost, httpPort)}`,
    ...(mqttPort === null ? [] : [`mqtt=${address('AJAR_MQTT_HOST', mqttHost, mqttPort)}`]),
    ...(tlsCert === null ? [] : [`mqtts=${address('AJAR_MQTT_HOST', mqttHost, mqttsPort)}`]),
  ]
  const scheme = tlsCert === null ? 'http' : 'https'
  const links = namesOf(httpHost, tlsCert).map((name) => `link=${scheme}://${name}:${httpPort}`)
  const backups = backupDir === null ? [] : [`backups=${backupDir}`]
  return [`data=${dataDir}`, ...backups, `kept=${settings.releasesKept}`, ...listeners, ...links]
}

/** @throws Error where the service could not write into it */
function checkFolder(name: string, written: string, folder: string) {
  if (!isAbsolute(written) || SHUT.some((shut) => isIn(folder, shut)))
    throw new Error(`${name}=${written}: a service cannot write there; name a folder such as /srv/ajar`)
  if (!/^[\w./ -]+$/.test(folder)) throw new Error(`${name}=${written}: only letters, digits, . _ - and / are expected`)
  if (existsSync(folder) && !may(folder, constants.W_OK))
    throw new Error(`${name}=${written}: the user ajar cannot write there: chown -R ajar:ajar ${folder}`)
}

function isIn(path: string, folder: string): boolean {
  return `${normalize(path)}/`.startsWith(`${folder}/`)
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

/** As systemd names what it listens on; it asks no name server. */
function address(name: string, host: string, port: number): string {
  const ip = host === 'localhost' ? '127.0.0.1' : host
  if (isIP(ip) === 0) throw new Error(`${name}=${host}: an address is expected, such as 127.0.0.1 or 0.0.0.0`)
  return `${bracketed(ip)}:${port}`
}

function bracketed(host: string): string {
  return isIPv6(host) ? `[${host}]` : host
}

/** The names under which a browser finds the console, the best one first. */
function namesOf(host: string, certificate: string | null): string[] {
  const certified = certificate === null ? null : nameOf(readFileSync(certificate))
  if (certified !== null) return [certified]
  if (host !== '0.0.0.0' && host !== '::') return [bracketed(host)]
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
  return [outside[0]?.address ?? '127.0.0.1', hostname()]
}

/** The first name that a certificate is for and a browser can open: no pattern. */
function nameOf(pem: Uint8Array): string | null {
  const names = new X509Certificate(pem).subjectAltName?.split(', ') ?? []
  return names.map((name) => /^DNS:([a-z0-9.-]+)$/i.exec(name)?.[1]).find((name) => name !== undefined) ?? null
}

if (import.meta.main) {
  try {
    for (const line of await serverSettings(process.env)) console.log(line)
  } catch (error) {
    console.error((error as Error).message)
    process.exit(BAD_SETTINGS)
  }
}
