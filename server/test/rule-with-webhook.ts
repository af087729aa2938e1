import type { BlockList } from 'node:net'
import { readAddressList } from '../src/address-list.ts'
import { makeSecret } from '../src/alerts/webhook/sign.ts'
import { type WebhookPorts, Webhooks } from '../src/alerts/webhook/webhooks.ts'
import { openStateDatabase, type StateDatabase } from '../src/database/state-database.ts'
import { temporaryFolder, type Undo } from './temporary-folder.ts'

export const LOOPBACK: BlockList = readAddressList('127.0.0.1')
export const SECRET = makeSecret()

/** Rules with webhooks on a real database, with a clock that is set by hand, and what was told of them. */
export class Rules {
  readonly database: StateDatabase
  readonly webhooks: Webhooks
  /** Milliseconds UTC. The receivers hold signatures to the time it is. */
  now = Date.now()
  readonly told: string[] = []
  readonly outcomes = { delivered: 0, failed: 0, dropped: 0 }

  private constructor(database: StateDatabase, more: Partial<WebhookPorts>) {
    this.database = database
    this.webhooks = new Webhooks({
      database,
      now: () => this.now,
      random: () => 0,
      allow: LOOPBACK,
      log: { info: this.#tell, warn: this.#tell },
      onOutcome: (outcome, messages) => {
        this.outcomes[outcome] += messages
      },
      ...more,
    })
  }

  static async open(undo: Undo, more: Partial<WebhookPorts> = {}): Promise<Rules> {
    const database = await openStateDatabase(await temporaryFolder(undo))
    const rules = new Rules(database, more)
    undo(async () => {
      await rules.webhooks.close()
      await database.close()
    })
    return rules
  }

  async add(rule: string, url: string | null) {
    await addRule(this.database, rule, url)
  }

  /** Messages with these numbers, each in a transaction of its own. */
  async enqueue(rule: string, ...numbers: number[]) {
    for (const n of numbers)
      await this.database.write
        .transaction()
        .execute((transaction) => this.webhooks.enqueue(transaction, rule, { type: 'alert.firing', data: { n } }))
    this.webhooks.wake()
  }

  /** Lets time pass, and has it noticed. */
  pass(ms: number) {
    this.now += ms
    this.webhooks.wake()
  }

  readonly #tell = (_: object, text: string) => {
    this.told.push(text)
  }
}

export async function addRule(database: StateDatabase, id: string, url: string | null) {
  const common = {
    kind: 'state',
    subject: null,
    params_json: '{}',
    severity: 'warning',
    enabled: 1,
    for_ms: 0,
    clear_ms: 0,
  } as const
  const webhook_json = url === null ? null : JSON.stringify({ url, secret: SECRET })
  await database.write
    .insertInto('alert_rules')
    .values({ id, name: id, ...common, webhook_json, author: 'ann', created_at: 0, changed_at: 0 })
    .execute()
}
