/** What stands in place of a secret. */
const HIDDEN = '(hidden)'
/** Shorter ones would make holes in ordinary words; where they stand in a URL, its form gives them away. */
const LEAST_SECRET = 6
const MOST_CHARACTERS = 2000
const MOST_STACK = 8000
const MOST_ITEMS = 40
const MOST_DEPTH = 4

const SECRET_NAME =
  /^(authorization|proxy-authorization|cookie|set-cookie|secret|ticket|credential|.*passw(or)?d|.*token)$/i
/** `user:password@` of a URL. */
const USER_INFO = /([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]+@/gi
/** `?token=...`, `#token=...` and the like. */
const IN_QUERY = /\b((?:access_?)?token|ticket|passw(?:or)?d|secret|api_?key)=[^\s&"',;)]+/gi
/** A member of JSON that somebody quotes. */
const IN_JSON = /("(?:[a-z_]*token|ticket|passw(?:or)?d|secret|credential)"\s*:\s*")[^"]*/gi
const IN_HEADER = /\b(Bearer|Basic|Token)\s+[\w.~+/=-]{16,}/gi
/** Tokens and tickets of ours: 256 bits in base64url. */
const OUR_TOKEN = /(?<![\w-])[\w-]{43}(?![\w-])/g
/** Controls, and the marks that change the direction or the line of what is shown: they could forge a line. */
const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/** Takes out of log lines what nobody may read there: secrets, controls, and what is too long. */
export class Scrubber {
  readonly #secrets = new Set<string>()

  /** This text is hidden wherever it stands. */
  hide(secret: string) {
    if (secret.length >= LEAST_SECRET) this.#secrets.add(secret)
  }

  /** @param value anything that JSON can say */
  clean(value: unknown, name = '', depth = 0): unknown {
    if (typeof value === 'string') return SECRET_NAME.test(name) ? HIDDEN : this.#cleanText(value, name)
    if (typeof value !== 'object' || value === null) return value
    if (SECRET_NAME.test(name)) return HIDDEN
    if (depth >= MOST_DEPTH) return '(more)'
    if (Array.isArray(value)) return value.slice(0, MOST_ITEMS).map((item) => this.clean(item, name, depth + 1))
    const fields = Object.entries(value).slice(0, MOST_ITEMS)
    return Object.fromEntries(
      fields.map(([key, field]) => [this.#cleanText(key, ''), this.clean(field, key, depth + 1)]),
    )
  }

  #cleanText(text: string, name: string): string {
    const isStack = name === 'stack'
    const most = isStack ? MOST_STACK : MOST_CHARACTERS
    // A little more than is kept: what is cut off here must not be the end of a secret.
    let clean = text.slice(0, 2 * most)
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, HIDDEN)
    clean = clean
      .replace(USER_INFO, `$1${HIDDEN}@`)
      .replace(IN_QUERY, `$1=${HIDDEN}`)
      .replace(IN_JSON, `$1${HIDDEN}`)
      .replace(IN_HEADER, `$1 ${HIDDEN}`)
      .replace(OUR_TOKEN, HIDDEN)
      .replace(CONTROLS, (control) => (isStack && control === '\n' ? control : escaped(control)))
    return clean.length > most ? `${clean.slice(0, most)}… (${text.length} characters)` : clean
  }
}

function escaped(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`
}
