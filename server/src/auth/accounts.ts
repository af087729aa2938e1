import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { type Kysely, sql } from 'kysely'
import type { Role, StateTables, TokenRow, UserRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Caller } from '../http/access.ts'
import { badRequest, badToken, conflict, HttpError, notFound } from '../http/errors.ts'
import { hashPassword, makeToken, passwordMatches, tokenDigest } from '../secrets.ts'
import { HeldTokens } from './held-tokens.ts'

/** A person stays signed in this long. */
const SESSION_MS = 30 * 24 * 3600 * 1000
/** Sign-ins of one person, or by one token: the oldest ends. */
const MOST_SIGN_INS = 20
/** Tokens that have expired are removed, and what they hold open is ended, this often. */
const EXPIRY_CHECK_MS = 30_000
/** The one token that comes from the settings. */
const SETTINGS_TOKEN = 'settings'
/** Compared with when there is no such person, so that the time taken does not tell. */
let nobodysPassword: Promise<string> | null = null

export interface SignIn {
  /** Seen this once. */
  token: string
  row: TokenRow
}

/** People and tokens. A change is written first and counts at once. */
export class Accounts {
  readonly #database: StateDatabase
  readonly #onRevoked: (tokenId: string) => void
  readonly #onDeleted: (transaction: Kysely<StateTables>, account: string) => Promise<void>
  readonly #tokens = new HeldTokens()
  #expiry: NodeJS.Timeout | null = null

  /**
   * @param onRevoked told of every token that stops working, so that open connections end too
   * @param onDeleted told together with the deletion of a person: a namesake who comes later does not own what he did
   */
  constructor(
    database: StateDatabase,
    onRevoked: (tokenId: string) => void,
    onDeleted: (transaction: Kysely<StateTables>, account: string) => Promise<void> = async () => {},
  ) {
    this.#database = database
    this.#onRevoked = onRevoked
    this.#onDeleted = onDeleted
  }

  async start() {
    const rows = await this.#database.read.selectFrom('tokens').selectAll().execute()
    for (const row of rows) this.#tokens.add(row)
    this.#expiry = setInterval(() => {
      this.#forget((row) => this.#tokens.isOver(row)).catch(() => {}) // the disk refuses: the next time does it; they are not let in meanwhile
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
    const known = given === null ? null : this.#tokens.find(given)
    await this.#forget((row) => row.id === SETTINGS_TOKEN && row !== known)
    if (given !== null && known === null)
      await this.#add({ id: SETTINGS_TOKEN, name: 'AJAR_ADMIN_TOKEN of the settings', role: 'admin', token: given })
    if (this.#tokens.all().some(isLastingAdmin)) return null
    const token = makeToken()
    await this.#add({ name: 'first admin', role: 'admin', token })
    return token
  }

  /** The caller whose token this is, or null where it is unknown, disabled or expired. */
  authenticate(token: string): Caller | null {
    const row = this.#tokens.find(token)
    if (!row || !this.#tokens.isUsable(row)) return null
    return { tokenId: row.id, name: this.#nameOf(row), role: row.role, account: accountOf(row) }
  }

  listTokens(): TokenRow[] {
    return this.#tokens.all()
  }

  /**
   * @param asked `user`: a person whose token it is, who has its role; `token`: what it is to be, where it was given away
   *   elsewhere already
   */
  async createToken(asked: {
    name: string
    role: Role | null
    expiresAt: number | null
    user?: string | null
    token?: string
  }): Promise<{ row: TokenRow; token: string }> {
    const { name, expiresAt, user = null, token = makeToken() } = asked
    const role = user === null ? asked.role : await this.#roleOf(user, asked.role)
    if (role === null) throw badRequest('bad_request', 'a role is needed, or a person who has one', 'role')
    if (this.#tokens.find(token)) throw conflict('token_taken', 'there is such a token already: give another one')
    return { row: await this.#add({ name, role, token, user, expiresAt }), token }
  }

  /** What a person may do is the same whichever of his tokens he shows. */
  async #roleOf(user: string, asked: Role | null): Promise<Role> {
    const person = await this.#user(user)
    if (!person) throw notFound(`the person ${user}`)
    if (person.disabled) throw conflict('disabled', `${user} is disabled: enable him first`)
    if (asked !== null && asked !== person.role)
      throw badRequest('bad_role', `${user} is ${person.role}, and so are his tokens: leave the role out`, 'role')
    return person.role
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
    if (disabled) {
      this.#onRevoked(id)
      await this.#forget((one) => one.parent === id)
    }
    return row
  }

  /**
   * Lets a browser in by a token of its own, so that it never keeps the one that was shown to it. It ends with that one,
   * and with the person behind it.
   * @param shown a token; a console's own is shown to nobody, and opens no other
   * @throws HttpError 401 `bad_token`
   */
  async openConsole(shown: string): Promise<SignIn> {
    const origin = this.#tokens.find(shown)
    if (!origin || origin.parent !== null || !this.#tokens.isUsable(origin)) throw badToken()
    const token = makeToken()
    const row = await this.#add({
      name: `console of ${origin.user ?? origin.name}`,
      role: origin.role,
      token,
      user: origin.user,
      parent: origin.id,
      expiresAt: Math.min(Date.now() + SESSION_MS, origin.expires_at ?? Number.POSITIVE_INFINITY),
    })
    // What it came from may have ended while the row was written.
    if (!this.#tokens.isUsable(row)) {
      await this.#forget((one) => one === row)
      throw badToken()
    }
    await this.#endOldSignIns(row)
    return { token, row }
  }

  /** Ends a sign-in, which no lasting token is. */
  async signOut(token: string) {
    const row = this.#tokens.find(token)
    if (row?.expires_at != null) await this.#forget((one) => one === row)
  }

  async deleteToken(id: string) {
    const row = this.#byId(id)
    this.#keepAnAdmin((one) => one !== row)
    await this.#forget((one) => one === row)
  }

  /**
   * Signs a person in.
   * @param place where to, for the list of tokens
   * @throws HttpError 401, which does not tell whether the name or the password was wrong
   */
  async signIn(name: string, password: string, place: 'sign-in' | 'console' = 'sign-in'): Promise<SignIn> {
    const user = await this.#user(name)
    nobodysPassword ??= hashPassword(makeToken())
    const matches = await passwordMatches(password, user?.password ?? (await nobodysPassword))
    if (!user || !matches || user.disabled) throw badCredentials()
    const token = makeToken()
    const expiresAt = Date.now() + SESSION_MS
    const row = await this.#add({ name: `${place} of ${name}`, role: user.role, token, user: name, expiresAt })
    // A password takes long to compare: who was changed meanwhile is not let in by what he was.
    if (!isDeepStrictEqual(await this.#user(name), user)) {
      await this.#forget((one) => one === row)
      throw badCredentials()
    }
    await this.#endOldSignIns(row)
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
    await this.#database.write.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('users').where('name', '=', name).execute()
      await this.#onDeleted(transaction, accountOfPerson(name))
    })
    await this.#forget((token) => token.user === name)
  }

  async #add(account: {
    id?: string
    name: string
    role: Role
    token: string
    user?: string | null
    parent?: string
    expiresAt?: number | null
  }): Promise<TokenRow> {
    const row: TokenRow = {
      id: account.id ?? randomUUID(),
      name: account.name,
      role: account.role,
      sha256: tokenDigest(account.token),
      user: account.user ?? null,
      parent: account.parent ?? null,
      disabled: 0,
      created_at: Date.now(),
      expires_at: account.expiresAt ?? null,
    }
    await this.#database.write.insertInto('tokens').values(row).execute()
    this.#tokens.add(row)
    return row
  }

  async #endOldSignIns(newest: TokenRow) {
    const beside = this.#tokens.signInsBeside(newest)
    const tooMany = Math.max(0, beside.length + 1 - MOST_SIGN_INS)
    const old = beside.filter(({ id }) => id !== newest.parent).slice(0, tooMany)
    await this.#forget((row) => old.includes(row))
  }

  /** A token takes with it those that were made from it. */
  async #forget(which: (row: TokenRow) => boolean) {
    const gone = this.#tokens.withChildren(this.#tokens.all().filter(which))
    if (gone.length === 0) return
    // One statement however many they are: all of them end, or none.
    const ids = JSON.stringify(gone.map(({ id }) => id))
    await this.#database.write
      .deleteFrom('tokens')
      .where('id', 'in', sql<string>`(select value from json_each(${ids}))`)
      .execute()
    for (const row of gone) {
      this.#tokens.remove(row)
      this.#onRevoked(row.id)
    }
  }

  #byId(id: string): TokenRow {
    const row = this.#tokens.get(id)
    if (!row) throw notFound(`the token ${id}`)
    return row
  }

  /** Who stands behind a token: a person, or the token that a sign-in came from. */
  #nameOf({ user, parent, name }: TokenRow): string {
    if (user !== null || parent === null) return user ?? name
    return this.#tokens.get(parent)?.name ?? name
  }

  /** Refuses to lock everybody out: one admin token that does not expire must stay. */
  #keepAnAdmin(remains: (row: TokenRow) => boolean) {
    const admins = this.#tokens.all().filter(isLastingAdmin)
    if (admins.length > 0 && !admins.some(remains))
      throw conflict('last_admin', 'this is the last admin token: make another one first')
  }

  #user(name: string): Promise<UserRow | undefined> {
    return this.#database.read.selectFrom('users').selectAll().where('name', '=', name).executeTakeFirst()
  }
}

/** A console that a token opened is the token's. */
function accountOf({ user, parent, id }: TokenRow): string {
  return user === null ? `token:${parent ?? id}` : accountOfPerson(user)
}

function accountOfPerson(name: string): string {
  return `person:${name}`
}

function badCredentials(): HttpError {
  return new HttpError(401, 'bad_credentials', 'wrong name or password')
}

/** A person's token goes with the person, so it is none to rely on. */
function isLastingAdmin(row: TokenRow): boolean {
  return row.role === 'admin' && !row.disabled && row.expires_at === null && row.user === null
}
