import { reasonOf, shortened } from '../failure.ts'
import type { CameraConfig } from './drivers.ts'

/** Of an address only the host is told: passwords stand before it, and with many cameras in the path. */
export function hostsOnly(text: string): string {
  return text.replace(/(\w+:\/\/)(?:[^\s/]*@)?([^\s/@?]+)[^\s'"]*/g, '$1$2')
}

/** Why a camera takes no pictures, for the log and for the status. No password of its config stands in it, whatever a driver says. */
export function faultOf(thrown: unknown, camera: CameraConfig): { text: string; short: string } {
  const secrets = secretsOf(camera).flatMap((secret) => [secret, encodeURIComponent(secret)])
  const longestFirst = secrets.sort((a, b) => b.length - a.length) // one may be the beginning of another
  const text = longestFirst.reduce((kept, secret) => kept.replaceAll(secret, '***'), hostsOnly(reasonOf(thrown)))
  return { text, short: shortened(text) }
}

function secretsOf(camera: CameraConfig): string[] {
  const own = 'password' in camera && camera.password !== undefined ? camera.password : ''
  const ofUrl = 'url' in camera && URL.canParse(camera.url) ? new URL(camera.url).password : ''
  return [own, ofUrl, decoded(ofUrl)].filter((secret) => secret !== '')
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return ''
  }
}
