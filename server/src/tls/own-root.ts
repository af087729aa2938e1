import { X509Certificate } from 'node:crypto'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/**
 * The root that a certificate file brings with it: a self-signed certificate, or the authority at the end of its chain.
 * Devices that are given it trust the server. Null where the file leaves it out, as public authorities do.
 * @param chain PEM
 */
export function ownRoot(chain: string): string | null {
  const last = chain.match(CERTIFICATE)?.at(-1)
  if (last === undefined) return null
  const certificate = new X509Certificate(last)
  return certificate.verify(certificate.publicKey) ? `${last}\n` : null
}
