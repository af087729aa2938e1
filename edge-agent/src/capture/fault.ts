import { reasonOf, shortened } from '../failure.ts'

/** What of a camera's config may hold a secret. */
interface Secretive {
  name: string
  password?: string | undefined
  url?: string | undefined
}

/** Of an address only the host is told: passwords stand before it, and with many cameras in the path. */
export function hostsOnly(text: string): string {
  return text.replace(/(\w+:\/\/)(?:[^\s/]*@)?([^\s/@?]+)[^\s'"]*/g, '$1$2')
}

/** Why a camera takes no pictures, for the log and for the status. No password of its config stands in it, whatever a driver says. */
export function faultOf(thrown: unknown, camera: Secretive): { text: string; short: string } {
  const secrets = secretsOf(camera).flatMap((secret) => [secret, encodeURIComponent(secret)])
  const longestFirst = secrets.sort((a, b) => b.length - a.length) // one may be the beginning of another
  const text = longestFirst.reduce((kept, secret) => kept.replaceAll(secret, '***'), hostsOnly(reasonOf(thrown)))
  return { text, short: shortened(text) }
}

function secretsOf(camera: Secretive): string[] {
  const { password: own = '', url = '' } = camera
  const ofUrl = URL.canParse(url) ? new URL(url).password : ''
  return [own, ofUrl, decoded(ofUrl)].filter((secret) => secret !== '')
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return ''
  }
}
