import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Role, TokenRow, UserRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Caller } from '../http/access.ts'
import { conflict, HttpError, notFound } from '../http/errors.ts'
import { hashPassword, makeToken, passwordMatches, tokenDigest } from '../secrets.ts'

/** A person stays signed in this long. */
const SESSION_MS = 30 * 24 * 3600 * 1000
/** Tokens that have expired are removed, and what they hold open is ended, this often. */
const EXPIRY_CHECK_MS = 30_000
/** The one token that comes from the settings. */
const SETTINGS_TOKEN = 'settings'
/** Compared with when there is no such person, so that the time taken does not tell. */
let nobodysPassword: Promise<string> | null = null

/**
 * People and tokens. Tokens are few and asked for with every request, so all of them are held in memory; a change is
 * written first and counts at once.
 */
export class Accounts {
  readonly #database: StateDatabase
  readonly #onRevoked: (tokenId: string) => void
  readonly #tokens = new Map<string, TokenRow>()
  #expiry: NodeJS.Timeout | null = null

  /** @param onRevoked told of every token that stops working, so that open connections end too */
  constructor(database: StateDatabase, onRevoked: (tokenId: string) => void) {
    this.#database = database
    this.#onRevoked = onRevoked
  }

  async start() {
    const rows = await this.#database.read.selectFrom('tokens').selectAll().execute()
    for (const row of rows) this.#tokens.set(hex(row.sha256), row)
    this.#expiry = setInterval(() => {
      this.#forget(expired).catch(() => {}) // the disk refuses: the next time does it; they are not let in meanwhile
    }, EXPIRY_CHECK_MS)
  }

  close() {
    if (this.#expiry) clearInterval(this.#expiry)
  }

  /**
   * Makes sure that there is an admin. Called when all else is ready, so that a token is never made and not shown.
   * @param given the admin token of the settings, or null; one that was set before and is not now works no more
   * @returns the admin token where this start made one
   */
  async ensureAdmin(given: string | null): Promise<string | null> {
    const digest = given === null ? null : hex(tokenDigest(given))
    await this.#forget((row) => row.id === SETTINGS_TOKEN && hex(row.sha256) !== digest)
    if (given !== null && digest !== null && !this.#tokens.has(digest)) {
      await this.#add({ id: SETTINGS_TOKEN, name: 'AJAR_ADMIN_TOKEN of the settings', role: 'admin', token: given })
    }
    if ([...this.#tokens.values()].some(isLastingAdmin)) return null
    const token = makeToken()
    await this.#add({ name: 'first admin', role: 'admin', token })
    return token
  }

  /** The caller whose token this is, or null where it is unknown, disabled or expired. */
  authenticate(token: string): Caller | null {
    const row = this.#tokens.get(tokenDigest(token).toString('hex'))
    return row && usable(row) ? { tokenId: row.id, name: row.user ?? row.name, role: row.role } : null
  }

  listTokens(): TokenRow[] {
    return [...this.#tokens.values()].sort((a, b) => a.created_at - b.created_at)
  }

  async createToken(name: string, role: Role, expiresAt: number | null): Promise<{ row: TokenRow; token: string }> {
    const token = makeToken()
    return { row: await this.#add({ name, role, token, expiresAt }), token }
  }

  async setTokenDisabled(id: string, disabled: boolean): Promise<TokenRow> {
    const row = this.#byId(id)
    if (disabled) this.#keepAnAdmin((one) => one !== row)
    await this.#database.write
      .updateTable('tokens')
      .set({ disabled: disabled ? 1 : 0 })
      .where('id', '=', id)
      .execute()
    row.disabled = disabled ? 1 : 0
    if (disabled) this.#onRevoked(id)
    return row
  }

  async deleteToken(id: string) {
    const row = this.#byId(id)
    this.#keepAnAdmin((one) => one !== row)
    await this.#forget((one) => one === row)
  }

  /** Signs a person in. @throws HttpError 401, which does not tell whether the name or the password was wrong. */
  async signIn(name: string, password: string): Promise<{ token: string; row: TokenRow }> {
    const user = await this.#user(name)
    nobodysPassword ??= hashPassword(makeToken())
    const matches = await passwordMatches(password, user?.password ?? (await nobodysPassword))
    if (!user || !matches || user.disabled) throw badCredentials()
    const token = makeToken()
    const expiresAt = Date.now() + SESSION_MS
    const row = await this.#add({ name: `sign-in of ${name}`, role: user.role, token, user: name, expiresAt })
    // A password takes long to compare: who was changed meanwhile is not let in by what he was.
    if (!isDeepStrictEqual(await this.#user(name), user)) {
      await this.#forget((one) => one === row)
      throw badCredentials()
    }
    return { token, row }
  }

  listUsers(): Promise<UserRow[]> {
    return this.#database.read.selectFrom('users').selectAll().orderBy('name').execute()
  }

  async createUser(name: string, password: string, role: Role): Promise<UserRow> {
    const row: UserRow = { name, role, password: await hashPassword(password), disabled: 0, created_at: Date.now() }
    const { numInsertedOrUpdatedRows } = await this.#database.write
      .insertInto('users')
      .values(row)
      .onConflict((clash) => clash.doNothing())
      .executeTakeFirstOrThrow()
    if (!numInsertedOrUpdatedRows) throw conflict('name_taken', `there is a person named ${name} already`)
    return row
  }

  /** A change of a person ends all that he is signed in to. */
  async changeUser(name: string, change: { password?: string; role?: Role; disabled?: boolean }): Promise<UserRow> {
    const user = await this.#user(name)
    if (!user) throw notFound(`the person ${name}`)
    const row: UserRow = {
      ...user,
      role: change.role ?? user.role,
      password: change.password === undefined ? user.password : await hashPassword(change.password),
      disabled: change.disabled === undefined ? user.disabled : change.disabled ? 1 : 0,
    }
    await this.#database.write.updateTable('users').set(row).where('name', '=', name).execute()
    await this.#forget((token) => token.user === name)
    return row
  }

  async deleteUser(name: string) {
    if (!(await this.#user(name))) throw notFound(`the person ${name}`)
    await this.#database.write.deleteFrom('users').where('name', '=', name).execute()
    await this.#forget((token) => token.user === name)
  }

  async #add(account: {
    id?: string
    name: string
    role: Role
    token: string
    user?: string
    expiresAt?: number | null
  }): Promise<TokenRow> {
    const row: TokenRow = {
      id: account.id ?? randomUUID(),
      name: account.name,
      role: account.role,
      sha256: tokenDigest(account.token),
      user: account.user ?? null,
      disabled: 0,
      created_at: Date.now(),
      expires_at: account.expiresAt ?? null,
    }
    await this.#database.write.insertInto('tokens').values(row).execute()
    this.#tokens.set(hex(row.sha256), row)
    return row
  }

  async #forget(which: (row: TokenRow) => boolean) {
    const gone = [...this.#tokens].filter(([, row]) => which(row))
    for (const [key, { id }] of gone) {
      await this.#database.write.deleteFrom('tokens').where('id', '=', id).execute()
      this.#tokens.delete(key)
      this.#onRevoked(id)
    }
  }

  #byId(id: string): TokenRow {
    const row = [...this.#tokens.values()].find((one) => one.id === id)
    if (!row) throw notFound(`the token ${id}`)
    return row
  }

  /** Refuses to lock everybody out: one admin token that does not expire must stay. */
  #keepAnAdmin(remains: (row: TokenRow) => boolean) {
    const admins = [...this.#tokens.values()].filter(isLastingAdmin)
    if (admins.length > 0 && !admins.some(remains))
      throw conflict('last_admin', 'this is the last admin token: make another one first')
  }

  #user(name: string): Promise<UserRow | undefined> {
    return this.#database.read.selectFrom('users').selectAll().where('name', '=', name).executeTakeFirst()
  }
}

function badCredentials(): HttpError {
  return new HttpError(401, 'bad_credentials', 'wrong name or password')
}

function isLastingAdmin(row: TokenRow): boolean {
  return row.role === 'admin' && !row.disabled && row.expires_at === null
}

function expired({ expires_at }: TokenRow): boolean {
  return expires_at !== null && expires_at <= Date.now()
}

function usable(row: TokenRow): boolean {
  return !row.disabled && !expired(row)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
