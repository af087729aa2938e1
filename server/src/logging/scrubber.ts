import { cutAtWord, HIDDEN, isSecretName, withoutSecrets } from './secret-forms.ts'

/** Shorter ones would make holes in ordinary words; where they stand in a URL, its form gives them away. */
const LEAST_SECRET = 6
const MOST_CHARACTERS = 2000
const MOST_STACK = 8000
const MOST_ITEMS = 40
const MOST_DEPTH = 4

/** Controls, and the marks that change the direction or the line of what is shown, or cannot be seen: they could forge a line. */
const CONTROLS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** Takes out of log lines what nobody may read there: secrets, controls, and what is too long. */
export class Scrubber {
  readonly #secrets = new Set<string>()

  /** This text is hidden wherever it stands. */
  hide(secret: string) {
    if (secret.length >= LEAST_SECRET) this.#secrets.add(secret)
  }

  /** @param value anything that JSON can say */
  clean(value: unknown, name = '', depth = 0): unknown {
    if (value === null || typeof value === 'boolean') return value
    if (isSecretName(name)) return HIDDEN
    if (typeof value === 'string') return this.#cleanText(value, name)
    if (typeof value !== 'object') return value
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
    let known = text
    for (const secret of this.#secrets) known = known.replaceAll(secret, HIDDEN)
    // A little more than is kept, because hiding makes it shorter.
    const clean = withoutSecrets(cutAtWord(known, 2 * most)).replace(CONTROLS, (control) =>
      isStack && control === '\n' ? control : escaped(control),
    )
    const isCut = clean.length > most || known.length > 2 * most
    return isCut ? `${cutAtWord(clean, most)}… (${text.length} characters)` : clean
  }
}

function escaped(control: string): string {
  const code = (control.codePointAt(0) ?? 0).toString(16)
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`
}
