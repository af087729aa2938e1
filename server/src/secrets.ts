import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** 256 random bits, as the bearer sees them. */
export function makeToken(): string {
  return randomBytes(32).toString('base64url')
}

/** What is kept of a token. It is random, so a plain hash cannot be guessed back. */
export function tokenDigest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** OWASP's scrypt minimum of 2024: N = 2^17, r = 8, p = 1 (128 MiB, a few tenths of a second). */
const COST = { N: 2 ** 17, r: 8, p: 1 }

/** @returns `scrypt$N$r$p$salt$hash` */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, COST)
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64'), hash.toString('base64')].join('$')
}

export async function passwordMatches(password: string, stored: string): Promise<boolean> {
  const [, N, r, p, salt = '', hash = ''] = stored.split('$')
  const expected = Buffer.from(hash, 'base64')
  const got = await derive(password, Buffer.from(salt, 'base64'), { N: Number(N), r: Number(r), p: Number(p) })
  return got.length === expected.length && timingSafeEqual(got, expected)
}

function derive(password: string, salt: Buffer, cost: { N: number; r: number; p: number }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, 32, { ...cost, maxmem: 256 * 1024 * 1024 }, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })
}
