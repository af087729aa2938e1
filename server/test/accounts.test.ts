import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { Accounts } from '../src/auth/accounts.ts'
import type { TokenRow } from '../src/database/schema.ts'
import { openStateDatabase, type StateDatabase } from '../src/database/state-database.ts'
import { tokenDigest } from '../src/secrets.ts'
import { temporaryFolder } from './temporary-folder.ts'

const MOST = 20
const PASSWORD = 'correct horse battery'

async function open() {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  return database
}

/** Accounts over this state.db, and the tokens of which they said that they stopped working. */
async function start(database: StateDatabase) {
  const revoked: string[] = []
  const accounts = new Accounts(database, (id) => revoked.push(id))
  await accounts.start()
  onTestFinished(() => accounts.close())
  return { accounts, revoked }
}

const signIns = async (count: number, signIn: () => Promise<{ token: string; row: TokenRow }>) => {
  const made = []
  for (let i = 0; i < count; i++) made.push(await signIn())
  return made
}

test(`of one token there are ${MOST} sign-ins, the oldest end, and others are left alone`, async () => {
  const database = await open()
  const { accounts, revoked } = await start(database)
  const { token } = await accounts.createToken({ name: 'link', role: 'operator', expiresAt: null })
  const other = await accounts.openConsole(
    (await accounts.createToken({ name: 'other', role: 'viewer', expiresAt: null })).token,
  )
  const made = await signIns(MOST + 3, () => accounts.openConsole(token))
  const works = made.map((one) => accounts.authenticate(one.token) !== null)
  expect(works).toEqual([...Array(3).fill(false), ...Array(MOST).fill(true)])
  expect(revoked).toEqual(made.slice(0, 3).map(({ row }) => row.id))
  expect([token, other.token].every((one) => accounts.authenticate(one))).toBe(true)
  const rows = await database.read.selectFrom('tokens').select('id').execute()
  expect(rows).toHaveLength(MOST + 3) // two tokens, and the other's sign-in
})

test('of one person too, by password and by what that gave', async () => {
  const { accounts } = await start(await open())
  await accounts.createUser('ann', PASSWORD, 'viewer')
  const first = await accounts.signIn('ann', PASSWORD)
  const second = await accounts.signIn('ann', PASSWORD)
  const made = await signIns(MOST, () => accounts.openConsole(first.token))
  expect(accounts.listTokens()).toHaveLength(MOST)
  // What the newest came from stays, though it is the oldest.
  const works = [first, second, ...made].map(({ token }) => accounts.authenticate(token) !== null)
  expect(works).toEqual([true, false, false, ...Array(MOST - 1).fill(true)])
})

test('a console’s own token opens no other', async () => {
  const { accounts } = await start(await open())
  const { token } = await accounts.createToken({ name: 'link', role: 'operator', expiresAt: null })
  const console = await accounts.openConsole(token)
  await expect(accounts.openConsole(console.token)).rejects.toMatchObject({ status: 401, code: 'bad_token' })
})

test('a sign-in works only while what it came from works', async () => {
  const database = await open()
  const made = (id: string, more: Partial<TokenRow>): TokenRow => ({
    ...{ id, name: id, role: 'admin', sha256: tokenDigest(id), user: null, parent: null, disabled: 0 },
    ...{ created_at: 1, expires_at: null, ...more },
  })
  const rows = [
    made('good', {}),
    made('of-good', { parent: 'good' }),
    made('of-nobody', { parent: 'gone' }),
    made('disabled', { disabled: 1 }),
    made('of-disabled', { parent: 'disabled' }),
    made('expired', { expires_at: 1 }),
    made('of-expired', { parent: 'expired' }),
    made('of-of-expired', { parent: 'of-expired' }),
  ]
  await database.write.insertInto('tokens').values(rows).execute()
  const { accounts } = await start(database)
  expect(rows.map(({ id }) => id).filter((id) => accounts.authenticate(id))).toEqual(['good', 'of-good'])
})

test('a token and what came from it end together, or not at all', async () => {
  const database = await open()
  const { accounts, revoked } = await start(database)
  const { token, row } = await accounts.createToken({ name: 'link', role: 'operator', expiresAt: null })
  const made = await signIns(5, () => accounts.openConsole(token))
  await sql`create trigger refusing before delete on tokens when old.id = ${sql.lit(made[3]?.row.id)}
    begin select raise(abort, 'no'); end`.execute(database.write)
  const works = () => [token, ...made.map((one) => one.token)].filter((one) => accounts.authenticate(one)).length
  await expect(accounts.deleteToken(row.id)).rejects.toThrow()
  expect([works(), revoked]).toEqual([6, []])
  await sql`drop trigger refusing`.execute(database.write)
  await accounts.deleteToken(row.id)
  expect([works(), revoked.length]).toEqual([0, 6])
  expect(await database.read.selectFrom('tokens').selectAll().execute()).toEqual([])
})

test("a person's lasting token is none of the sign-ins that end, and none that keeps the last admin token", async () => {
  const { accounts } = await start(await open())
  const admin = await accounts.createToken({ name: 'admin', role: 'admin', expiresAt: null })
  await accounts.createUser('ann_b', PASSWORD, 'admin')
  const lasting = await accounts.createToken({ name: 'hers', role: null, user: 'ann_b', expiresAt: null })
  await signIns(MOST + 3, () => accounts.openConsole(lasting.token))
  expect(accounts.authenticate(lasting.token)).toMatchObject({ name: 'ann_b', role: 'admin', account: 'person:ann_b' })
  await expect(accounts.deleteToken(admin.row.id)).rejects.toMatchObject({ code: 'last_admin' })
})
