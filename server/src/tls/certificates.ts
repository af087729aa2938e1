import { type FSWatcher, watch } from 'node:fs'
import { dirname } from 'node:path'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import type { Log } from '../logging/levels.ts'
import { type CertificateFiles, type CertificatePair, readPair } from './certificate-pair.ts'

export interface CertificatesPorts {
  files: CertificateFiles
  log: Log
  /** Milliseconds UTC. */
  now(): number
}

/** Anything of Node that serves TLS. */
export interface TlsServer {
  setSecureContext(options: SecureContextOptions): void
}

/** Files are written one after the other: a change is looked at when it has been quiet for so long. */
const SETTLE_MS = 500
/** Not every file system tells of changes, and a folder that was replaced tells nothing more. */
const POLL_MS = 60_000
const WARN_BEFORE_MS = 14 * 24 * 3600 * 1000
const RENEW = 'put a renewed one there, it is taken without a restart'

/** What somebody should do something about; with an `error` nobody who checks certificates gets in. */
export interface CertificateTrouble {
  level: 'warn' | 'error'
  text: string
}

/**
 * The certificate of all TLS listeners, read again when its files change. Connections that are open go on with the old
 * one; a new pair that cannot be used, or not yet or no longer, changes nothing but health. At the start there is no old
 * one, and a pair out of its time is served: a server that does not start watches no door, and a machine whose clock
 * begins in 1970 is right as soon as the clock is.
 */
export class Certificates {
  readonly #ports: CertificatesPorts
  readonly #servers: TlsServer[] = []
  readonly #watchers: FSWatcher[] = []
  #pair: CertificatePair | null = null
  #context: SecureContext | null = null
  /** Why the pair in the files is not taken. */
  #refused: string | null = null
  #settling: NodeJS.Timeout | null = null
  #poll: NodeJS.Timeout | null = null

  constructor(ports: CertificatesPorts) {
    this.#ports = ports
  }

  /** Reads the pair and watches its files. @throws CertificateError */
  async start() {
    const { files, log, now } = this.#ports
    const pair = await readPair(files)
    this.#take(pair)
    const trouble = outOfTime(pair, files, now())
    if (trouble) log.error(trouble)
    // The folders and not the files: certbot replaces links, others rename new files over old ones.
    for (const folder of new Set([dirname(files.certFile), dirname(files.keyFile)])) this.#watch(folder)
    this.#poll = setInterval(() => this.reload(), POLL_MS)
  }

  close() {
    for (const watcher of this.#watchers.splice(0)) watcher.close()
    if (this.#settling) clearTimeout(this.#settling)
    if (this.#poll) clearInterval(this.#poll)
  }

  /** What new connections are served with. */
  get context(): SecureContext {
    if (!this.#context) throw new Error('certificates are asked for before they were started: our fault')
    return this.#context
  }

  /** What a server is made with; give the server to `follow` then. */
  get options(): SecureContextOptions {
    if (!this.#pair) throw new Error('certificates are asked for before they were started: our fault')
    return this.#pair.options
  }

  /** This server gets every new pair. */
  follow(server: TlsServer) {
    this.#servers.push(server)
  }

  get trouble(): CertificateTrouble | null {
    const { files, now } = this.#ports
    const wrong = this.#pair && outOfTime(this.#pair, files, now())
    const kept = this.#refused && `${this.#refused}; the certificate from before is used`
    if (wrong) return { level: 'error', text: kept ? `${wrong}; ${this.#refused}` : wrong }
    if (kept) return { level: 'warn', text: kept }
    const leftMs = (this.#pair?.expiresAtMs ?? 0) - now()
    if (leftMs > WARN_BEFORE_MS) return null
    const days = Math.floor(leftMs / 86_400_000)
    return { level: 'warn', text: `${files.certFile} expires in ${days} days: ${RENEW}` }
  }

  /** Reads the files now. Never rejects: what is wrong is said in the log and in `trouble`. */
  async reload() {
    const { files, log, now } = this.#ports
    try {
      const pair = await readPair(files)
      const isNew = !isDeepStrictEqual(pair, this.#pair)
      const wrong = isNew && this.#pair && !outOfTime(this.#pair, files, now()) && outOfTime(pair, files, now())
      if (wrong) throw new Error(wrong)
      this.#refused = null
      if (!isNew) return
      this.#take(pair)
      log.info({ expiresAt: new Date(pair.expiresAtMs).toISOString() }, 'a new certificate is used from now on')
    } catch (error) {
      const { message } = error as Error
      // Said once, not at every poll.
      if (message !== this.#refused) log.warn(`the certificate is not taken: ${message}`)
      this.#refused = message
    }
  }

  #take(pair: CertificatePair) {
    this.#pair = pair
    this.#context = createSecureContext(pair.options)
    for (const server of this.#servers) server.setSecureContext(pair.options)
  }

  #watch(folder: string) {
    try {
      const watcher = watch(folder, () => this.#settle())
      watcher.on('error', () => watcher.close()) // the poll goes on
      this.#watchers.push(watcher)
    } catch (error) {
      this.#ports.log.warn({ err: error }, `${folder} cannot be watched: a new certificate is seen within a minute`)
    }
  }

  #settle() {
    if (this.#settling) clearTimeout(this.#settling)
    this.#settling = setTimeout(() => this.reload(), SETTLE_MS)
  }
}

/** What is wrong with the pair at the time `now`, or null. */
function outOfTime({ validFromMs, expiresAtMs }: CertificatePair, { certFile }: CertificateFiles, now: number) {
  const day = (ms: number) => new Date(ms).toISOString()
  if (expiresAtMs <= now) return `${certFile} expired on ${day(expiresAtMs)}: ${RENEW}`
  return validFromMs > now ? `${certFile} is valid from ${day(validFromMs)} on: check the clock of this machine` : null
}
