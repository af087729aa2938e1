import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContextOptions } from 'node:tls'

/** Where the certificate chain and its key lie: PEM files. */
export interface CertificateFiles {
  certFile: string
  keyFile: string
}

/** A certificate and its key, read and checked. */
export interface CertificatePair {
  /** What a server of Node takes; TLS 1.2 at least. */
  options: SecureContextOptions
  /** Milliseconds UTC. */
  validFromMs: number
  expiresAtMs: number
}

/** A pair that TLS cannot be served with: whoever runs the server has to act, and the message says how. */
export class CertificateError extends Error {
  readonly code: 'unreadable' | 'not_pem' | 'bad_key' | 'key_mismatch' | 'unusable'

  constructor(code: CertificateError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** Reads both files and checks that TLS can be served with them, at whatever time. @throws CertificateError */
export async function readPair({ certFile, keyFile }: CertificateFiles): Promise<CertificatePair> {
  const cert = await read(certFile)
  const key = await read(keyFile)
  const certificate = parseCertificate(certFile, cert)
  const privateKey = parseKey(keyFile, key)
  if (!certificate.checkPrivateKey(privateKey)) {
    const advice = 'give the key that the certificate was issued for'
    throw new CertificateError('key_mismatch', `the key of ${keyFile} does not belong to ${certFile}: ${advice}`)
  }
  const options: SecureContextOptions = { cert, key, minVersion: 'TLSv1.2' }
  tryOut(options, certFile)
  return {
    options,
    validFromMs: certificate.validFromDate.getTime(),
    expiresAtMs: certificate.validToDate.getTime(),
  }
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new CertificateError('unreadable', `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** The first certificate of the file is the server's own; those behind it are the chain. */
function parseCertificate(file: string, pem: Buffer): X509Certificate {
  // The parser takes the binary form too, which TLS servers do not.
  if (pem.includes('-----BEGIN CERTIFICATE-----')) {
    try {
      return new X509Certificate(pem)
    } catch {} // said below
  }
  throw new CertificateError('not_pem', `${file} holds no PEM certificate (-----BEGIN CERTIFICATE-----)`)
}

function parseKey(file: string, pem: Buffer) {
  try {
    return createPrivateKey(pem)
  } catch (error) {
    const isEncrypted = (error as NodeJS.ErrnoException).code === 'ERR_MISSING_PASSPHRASE'
    throw isEncrypted
      ? new CertificateError('bad_key', `the key of ${file} is encrypted: take its password off (openssl pkey)`)
      : new CertificateError('not_pem', `${file} holds no PEM key (-----BEGIN PRIVATE KEY-----)`)
  }
}

/** What else OpenSSL does not like, such as a key that is too short. */
function tryOut(options: SecureContextOptions, certFile: string) {
  try {
    createSecureContext(options)
  } catch (error) {
    throw new CertificateError('unusable', `${certFile} cannot be used: ${(error as Error).message}`)
  }
}
