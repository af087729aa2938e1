export interface Credentials {
  user: string
  password: string
}

/**
 * Answers what a camera asks for: Digest (RFC 7616), as most do, or Basic. Nothing is sent before it is asked for, so that no
 * password crosses the network in the clear for a camera that would have taken a digest.
 */
export class Authorization {
  readonly #credentials: Credentials
  #challenge: { scheme: 'basic' } | { scheme: 'digest'; fields: Record<string, string> } | null = null
  #count = 0

  constructor(credentials: Credentials) {
    this.#credentials = credentials
  }

  /** Takes a `WWW-Authenticate` in. False where there is nothing new to try: the credentials are wrong, or the scheme is unknown. */
  heed(header: string): boolean {
    const digest = parametersOf(header)
    const before = this.#challenge
    this.#count = 0
    if (digest && hashOf(digest.algorithm)) {
      this.#challenge = { scheme: 'digest', fields: digest }
      return before?.scheme !== 'digest' || (digest.stale ?? '').toLowerCase() === 'true'
    }
    if (!/\bbasic\b/i.test(header)) return false
    this.#challenge = { scheme: 'basic' }
    return before?.scheme !== 'basic'
  }

  /** The `Authorization` of one GET of `path` (with its query), or null while none was asked for. */
  async header(path: string): Promise<string | null> {
    const { user, password } = this.#credentials
    if (this.#challenge === null) return null
    if (this.#challenge.scheme === 'basic') return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    const { realm = '', nonce = '', opaque, algorithm, qop } = this.#challenge.fields
    const hash = hashOf(algorithm) ?? 'md5'
    const { createHash, randomBytes } = await import('node:crypto') // only where it is needed: it takes memory
    const digest = (text: string) => createHash(hash).update(text).digest('hex')
    const nc = (++this.#count).toString(16).padStart(8, '0')
    const cnonce = randomBytes(8).toString('hex')
    const ends = [digest(`${user}:${realm}:${password}`), digest(`GET:${path}`)]
    const middle = qop === undefined ? [nonce] : [nonce, nc, cnonce, 'auth']
    const response = digest([ends[0], ...middle, ends[1]].join(':'))
    const quoted = { username: user, realm, nonce, uri: path, response, ...(opaque === undefined ? {} : { opaque }) }
    const parts = Object.entries(quoted).map(([name, value]) => `${name}="${value.replaceAll(/["\\]/g, '\\$&')}"`)
    if (algorithm !== undefined) parts.push(`algorithm=${algorithm}`)
    if (qop !== undefined) parts.push('qop=auth', `nc=${nc}`, `cnonce="${cnonce}"`)
    return `Digest ${parts.join(', ')}`
  }
}

/** The parameters of a Digest challenge, or null where there is none that can be answered. */
function parametersOf(header: string): Record<string, string> | null {
  const at = header.search(/\bdigest\s/i)
  if (at < 0) return null
  const pairs = header.slice(at + 7).matchAll(/(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g)
  const fields: Record<string, string> = {}
  // The first of each name: a second challenge may follow in the same header.
  for (const [, name = '', quoted, plain] of pairs) fields[name.toLowerCase()] ??= quoted ?? plain ?? ''
  const offered = fields.qop?.split(/\s*,\s*/)
  return offered && !offered.includes('auth') ? null : fields
}

function hashOf(algorithm = 'MD5'): string | null {
  return { MD5: 'md5', 'SHA-256': 'sha256' }[algorithm.toUpperCase()] ?? null
}
