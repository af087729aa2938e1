import type { TokenRow } from '../database/schema.ts'
import { tokenDigest } from '../secrets.ts'

/** Tokens are few and asked for with every request, so all of them are held in memory. */
export class HeldTokens {
  readonly #byId = new Map<string, TokenRow>()
  readonly #byDigest = new Map<string, TokenRow>()

  add(row: TokenRow) {
    this.#byId.set(row.id, row)
    this.#byDigest.set(hex(row.sha256), row)
  }

  remove(row: TokenRow) {
    this.#byId.delete(row.id)
    this.#byDigest.delete(hex(row.sha256))
  }

  get(id: string): TokenRow | null {
    return this.#byId.get(id) ?? null
  }

  find(token: string): TokenRow | null {
    return this.#byDigest.get(hex(tokenDigest(token))) ?? null
  }

  all(): TokenRow[] {
    return [...this.#byId.values()].sort((a, b) => a.created_at - b.created_at)
  }

  /** Whether it lets anybody in: it is held, neither disabled nor expired, and so is the one that it came from. */
  isUsable(row: TokenRow): boolean {
    if (this.get(row.id) !== row || row.disabled || isExpired(row)) return false
    if (row.parent === null) return true
    const parent = this.get(row.parent)
    return parent !== null && this.isUsable(parent)
  }

  /** Whether it can never be used again: it has expired, or what it came from is gone. */
  isOver(row: TokenRow): boolean {
    return isExpired(row) || (row.parent !== null && this.get(row.parent) === null)
  }

  /** The other sign-ins of the person, or by the token, that this sign-in is one of; the oldest first. What lasts is none. */
  signInsBeside(row: TokenRow): TokenRow[] {
    const isBeside = (other: TokenRow) => (row.user === null ? other.parent === row.parent : other.user === row.user)
    return this.all().filter((other) => other !== row && other.expires_at !== null && isBeside(other))
  }

  /** These, and those that came from them. */
  withChildren(rows: TokenRow[]): TokenRow[] {
    const ids = new Set(rows.map(({ id }) => id))
    const children = this.all().filter(({ id, parent }) => parent !== null && ids.has(parent) && !ids.has(id))
    return children.length === 0 ? rows : this.withChildren([...rows, ...children])
  }
}

function isExpired({ expires_at }: TokenRow): boolean {
  return expires_at !== null && expires_at <= Date.now()
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
