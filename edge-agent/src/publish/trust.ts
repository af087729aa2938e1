import { readFile } from 'node:fs/promises'
import type { PeerCertificate } from 'node:tls'
import { AgentError, reasonOf } from '../failure.ts'

/** Options of a TLS client that say which servers it trusts. */
export interface Trust {
  /** Certificates in PEM that anything signed by one of them is trusted for, and they themselves. */
  ca: string
  allowPartialTrustChain: true
  checkServerIdentity(host: string, certificate: PeerCertificate): Error | undefined
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

/**
 * Trusts what the certificates of this file signed, for the names that are in it, and nothing else. A certificate that stands
 * in the file itself is the server's, whatever its name says: nobody else has its key (as RFC 7671, 5.1, of DANE-EE).
 * Rejects with AgentError `bad_ca` (caller).
 */
export async function readTrust(file: string): Promise<Trust> {
  try {
    // Loaded only where they are used: together they take 8 MB of a Pi's memory.
    const [{ X509Certificate }, { checkServerIdentity }] = await Promise.all([
      import('node:crypto'),
      import('node:tls'),
    ])
    const ca = await readFile(file, 'utf8')
    const own = (ca.match(CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem).raw)
    if (own.length === 0) throw new Error('it holds no PEM certificate')
    return {
      ca,
      allowPartialTrustChain: true,
      checkServerIdentity: (host, certificate) =>
        own.some((raw) => raw.equals(certificate.raw)) ? undefined : checkServerIdentity(host, certificate),
    }
  } catch (error) {
    const advice = "`ca` names a PEM file with the server's certificate, or with the one that signed it"
    throw new AgentError('bad_ca', 'caller', `${file} cannot be used (${reasonOf(error)}): ${advice}`, error)
  }
}

const NO_TLS = 'it does not speak TLS there: give the port of MQTT over TLS'
/** What to do when OpenSSL or the check of the name says no. */
const ADVICE: Record<string, string> = {
  CERT_HAS_EXPIRED: 'its certificate has expired: renew it there, or set the clock here',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: set the clock here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name: write a name of the certificate into `server`',
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  // The same, where the first bytes are written and not read.
  EPROTO: NO_TLS,
}
const UNKNOWN_ISSUER = 'nobody we trust signed its certificate: `ca` names the file of the certificate that did'
const ISSUER_CODES = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
])

/** Why a server is not trusted and what to do, by the code of a TLS error; null where it is about something else. */
export function whyDistrusted(code: unknown): string | null {
  if (typeof code !== 'string') return null
  return ISSUER_CODES.has(code) ? UNKNOWN_ISSUER : (ADVICE[code] ?? null)
}
