import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A certificate and its key: PEM files. */
export interface CertificateFiles {
  certFile: string
  keyFile: string
}

const openssl = (...args: string[]) => promisify(execFile)('openssl', args)
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** A certificate authority of a test's own, by Debian's openssl. */
export class Authority {
  readonly folder: string
  #issued = 0

  private constructor(folder: string) {
    this.folder = folder
  }

  /** @param undo registers what takes its folder away: `onTestFinished` or `afterFile` */
  static async create(undo: (remove: () => Promise<void>) => void): Promise<Authority> {
    const authority = new Authority(await mkdtemp(join(tmpdir(), 'ajar-certificates-')))
    const { folder, caFile } = authority
    undo(() => rm(folder, { recursive: true, force: true }))
    const subject = ['-subj', '/CN=authority of the tests', '-days', '3650']
    await openssl('req', '-x509', ...NEW_KEY, '-keyout', join(folder, 'ca.key'), '-out', caFile, ...subject)
    return authority
  }

  /** The authority's own certificate: whom to trust. */
  get caFile(): string {
    return join(this.folder, 'ca.pem')
  }

  /**
   * A certificate for `names` (as openssl writes them) that is valid for `days` from now on; with a negative number it has
   * expired.
   */
  async issue({ names = 'DNS:localhost,IP:127.0.0.1', days = 90 } = {}): Promise<CertificateFiles> {
    this.#issued += 1
    const at = (ending: string) => join(this.folder, `${this.#issued}.${ending}`)
    const files = { certFile: at('pem'), keyFile: at('key') }
    await writeFile(at('names'), `subjectAltName=${names}`)
    await openssl('req', ...NEW_KEY, '-keyout', files.keyFile, '-out', at('csr'), '-subj', `/CN=server ${this.#issued}`)
    const ca = ['-CA', this.caFile, '-CAkey', join(this.folder, 'ca.key'), '-CAcreateserial']
    const rest = ['-days', String(days), '-extfile', at('names'), '-out', files.certFile]
    await openssl('x509', '-req', '-in', at('csr'), ...ca, ...rest)
    return files
  }
}
