import { HttpError } from '../http/errors.ts'
import { makeToken, tokenDigest } from '../secrets.ts'

/** The MQTT user name under which a ticket is shown. */
export const TICKET_HOLDERS = 'ticket'
const VALID_MS = 60_000
/** Of one token: a page takes one for each connection. The oldest go. */
const MOST_OF_A_TOKEN = 20
const MOST = 1000

/** A ticket that nobody has shown yet. */
interface Ticket {
  tokenId: string
  /** Milliseconds UTC. */
  expiresAt: number
}

/**
 * Short-lived leave to watch over MQTT, for pages in a browser: what a script can read there shall not be the token. A
 * ticket opens one connection and stands for the token it came from; it is kept in memory, as a digest.
 */
export class Tickets {
  readonly #now: () => number
  /** By digest, oldest first. */
  readonly #tickets = new Map<string, Ticket>()

  /** @param now milliseconds UTC */
  constructor(now: () => number) {
    this.#now = now
  }

  /** @throws HttpError 503 where too many are out already */
  issue(tokenId: string): { ticket: string; expiresAt: number } {
    this.#dropOld()
    const own = [...this.#tickets].filter(([, ticket]) => ticket.tokenId === tokenId)
    if (own.length >= MOST_OF_A_TOKEN) this.#tickets.delete(own[0]?.[0] ?? '')
    if (this.#tickets.size >= MOST) throw new HttpError(503, 'busy', `${MOST} tickets are out: ask again in a minute`)
    const ticket = makeToken()
    const expiresAt = this.#now() + VALID_MS
    this.#tickets.set(digestOf(ticket), { tokenId, expiresAt })
    return { ticket, expiresAt }
  }

  /** The id of the token that the ticket stands for, or null where it is none, is used or too old. It is used then. */
  redeem(ticket: string): string | null {
    this.#dropOld()
    const digest = digestOf(ticket)
    const found = this.#tickets.get(digest)
    this.#tickets.delete(digest)
    return found?.tokenId ?? null
  }

  /** The token works no more, and so do its tickets. */
  forget(tokenId: string) {
    for (const [digest, ticket] of this.#tickets) if (ticket.tokenId === tokenId) this.#tickets.delete(digest)
  }

  #dropOld() {
    for (const [digest, { expiresAt }] of this.#tickets) if (expiresAt <= this.#now()) this.#tickets.delete(digest)
  }
}

function digestOf(ticket: string): string {
  return tokenDigest(ticket).toString('hex')
}
