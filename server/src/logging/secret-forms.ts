/** The forms in which secrets stand in texts. Each expression takes time in proportion to the text: anybody may send it. */

/** What stands in place of a secret. */
export const HIDDEN = '(hidden)'

const NAMES =
  '[\\w-]*(?:token|ticket|secret|credentials?|authorization|cookie|passw(?:or)?d|passphrase|pass|pwd|pw|api[_-]?key|private[_-]?key)'
const NAME = new RegExp(`^${NAMES}$`, 'i')

/** `user:password@` of a URL. */
const USER_INFO = /(:\/\/)[^\s/?#]+@/g
const IN_HEADER = /\b(Bearer|Basic|Token)\s+[\w.~+/=-]{16,}/gi
/** `password=x`, `password: x`, `"password":"x"`, `'password': 'x'`, and JSON in JSON: `\"password\":\"x\"`. */
const NAMED = new RegExp(
  `(?<![\\w-])(${NAMES}(?:\\\\*["'])?\\s{0,8}[:=]\\s{0,8})` +
    `(?:(\\\\+["'])[^"']*|(")(?:\\\\.|[^"\\\\])*|(')(?:\\\\.|[^'\\\\])*|[^\\s&"',;)}\\]]+)`,
  'gi',
)
/** Tokens and tickets of ours: 256 bits in base64url. */
const OUR_TOKEN = /(?<![\w-])[\w-]{43}(?![\w-])/g
/** Secrets of webhooks: https://www.standardwebhooks.com. */
const WEBHOOK_SECRET = /\bwhsec_[\w+/-]+=*/g

/** Whether a field of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return NAME.test(name)
}

/** The text without what looks like a secret. */
export function withoutSecrets(text: string): string {
  return text
    .replace(USER_INFO, `$1${HIDDEN}@`)
    .replace(IN_HEADER, `$1 ${HIDDEN}`)
    .replace(NAMED, (_all, name, inJson = '', double = '', single = '') => name + inJson + double + single + HIDDEN)
    .replace(WEBHOOK_SECRET, HIDDEN)
    .replace(OUR_TOKEN, HIDDEN)
}

/** Cut between words: what is left of a token would still be most of it. */
export function cutAtWord(text: string, most: number): string {
  if (text.length <= most) return text
  let end = most
  while (end > 0 && /[\w-]/.test(text[end - 1] as string) && /[\w-]/.test(text[end] as string)) end -= 1
  return text.slice(0, end)
}
