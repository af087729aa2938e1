/** Takes secrets out of text that people read who may not read the repository. */
export type Hide = (text: string) => string

const HIDDEN = '***'
/** A shorter one would be found in every second word. */
const SHORTEST = 4
/** What signs in stands before the last `@` that comes before the path. */
const SIGNS_IN = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^/?#\s]*@/gi
const BEHIND_PATH = /\b([a-z][a-z0-9+.-]{0,30}:\/\/[^\s?#'"]*)[?#][^\s'"]*/gi
const NAMES_SECRET = /token|key|secret|pass|auth|sig/i

/** Addresses without what signs in there, and without what stands behind `?`. */
export function withoutSecrets(text: string): string {
  return text.replace(SIGNS_IN, '$1').replace(BEHIND_PATH, '$1')
}

/** @param remote its secrets are hidden wherever they come, such as in what a program says of them */
export function hiderOf(remote: string | null): Hide {
  const secrets = remote === null ? [] : secretsIn(remote)
  return (text) => withoutSecrets(secrets.reduce((less, secret) => less.replaceAll(secret, HIDDEN), text))
}

/** The longest first: one may hold another. */
function secretsIn(remote: string): string[] {
  const [, scheme = '', signsIn = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#\s]*)@/i.exec(remote) ?? []
  const [user = '', ...password] = signsIn.split(':')
  // Of HTTP a name alone is a token; of SSH it is no secret.
  const isToken = /^https?$/i.test(scheme) && password.length === 0
  const values = new URLSearchParams(/\?([^#]*)/.exec(remote)?.[1] ?? '')
  const named = [...values].filter(([name]) => NAMES_SECRET.test(name)).map(([, value]) => value)
  const secrets = [password.join(':'), ...(isToken ? [user] : []), ...named]
  const spellings = secrets.flatMap((secret) => [secret, decoded(secret), encodeURIComponent(secret)])
  return [...new Set(spellings)].filter(({ length }) => length >= SHORTEST).sort((a, b) => b.length - a.length)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
