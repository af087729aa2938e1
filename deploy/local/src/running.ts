import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { parseCameraId } from '@ajar/protocol'
import type { HttpAddress } from './api.ts'
import { addressesOf } from './processes.ts'

/** What was typed cannot be used. */
export class BadUse extends Error {}

export const BAD_USE = 2

/** Where a running server is, and how to talk to it. */
export interface RunningAddress {
  address: HttpAddress
  token: string
}

export const SERVER_OPTIONS = {
  server: { type: 'string' },
  'token-file': { type: 'string' },
} as const

export const SERVER_USAGE = `The server is the one of AJAR_HTTP_HOST and AJAR_HTTP_PORT, or that of --server (http://host:port or https://...;
AJAR_TLS_CERT names the certificate that is trusted). The token is AJAR_ADMIN_TOKEN, or what the file of --token-file holds.`

/** @throws BadUse where nothing says which server, or no token is given */
export async function runningServer(values: { server?: string; 'token-file'?: string }): Promise<RunningAddress> {
  const { AJAR_TLS_CERT: certificate, AJAR_HTTP_PORT: port, AJAR_ADMIN_TOKEN } = process.env
  const ca = certificate ? resolve(certificate) : null
  const url = values.server ?? addressesOf({ http: Number(port || 20002), mqtt: 1, tls: ca !== null }, {}).http
  if (!/^https?:\/\/[^/]+\/?$/.test(url)) throw new BadUse(`--server ${url} is no http://host:port`)
  const http = url.replace(/\/$/, '')
  if (http.startsWith('https:') && ca === null)
    throw new BadUse('over HTTPS the certificate to be trusted is that of AJAR_TLS_CERT: set it')
  return {
    address: { http, ca: http.startsWith('https:') ? ca : null },
    token: await tokenOf(values, AJAR_ADMIN_TOKEN),
  }
}

async function tokenOf({ 'token-file': file }: { 'token-file'?: string }, given = ''): Promise<string> {
  if (file === undefined && given === '')
    throw new BadUse('a token is needed: set AJAR_ADMIN_TOKEN, or name a file that holds one with --token-file')
  if (file === undefined) return given
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new BadUse(`the token cannot be read: ${error.message}`)
  })
  if (!/^\S+$/.test(text.trim())) throw new BadUse(`${file} holds no token`)
  return text.trim()
}

/** The two things that are named, the first of them a camera. @throws BadUse */
export function twoArguments(positionals: string[], second: string, first = 'a camera'): [id: string, path: string] {
  const [camera, path, ...rest] = positionals
  if (!camera || !path || rest.length > 0) throw new BadUse(`name ${first} and ${second}`)
  if (!parseCameraId(camera)) throw new BadUse(`${camera} is no device/camera: lower-case letters, digits, hyphens`)
  return [camera, path]
}

/** Runs a command to its end; what goes wrong is said on standard error, and by the exit code. */
export async function runCommand(name: string, usage: string, work: () => Promise<void>) {
  try {
    if (process.argv.includes('--help') || process.argv.includes('-h')) return console.log(usage)
    await work()
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    const badUse = error instanceof BadUse || code?.startsWith('ERR_PARSE_ARGS')
    console.error(badUse ? `${message}\n\n${usage}` : `${name} failed: ${message}`)
    process.exitCode = badUse ? BAD_USE : 1
  }
}

export { parseArgs }
