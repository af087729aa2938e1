import { readAddressList } from '../src/address-list.ts'
import { Webhooks } from '../src/alerts/webhook/webhooks.ts'
import { openStateDatabase } from '../src/database/state-database.ts'

/** Delivers what waits, and adds messages up to a number, until it is killed: `node webhook-child.ts FOLDER UP_TO`. */

const [, , folder = '', upTo = '0'] = process.argv
const database = await openStateDatabase(folder)
const webhooks = new Webhooks({
  database,
  now: () => Date.now(),
  random: () => 0,
  allow: readAddressList('127.0.0.1'),
  log: { info: () => {}, warn: () => {} },
})
await webhooks.start()
for (;;) {
  // How far it is stands in the row of the rule, in the transaction of the message.
  const isDone = await database.write.transaction().execute(async (transaction) => {
    const { changed_at } = await transaction.selectFrom('alert_rules').select('changed_at').executeTakeFirstOrThrow()
    if (changed_at >= Number(upTo)) return true
    await webhooks.enqueue(transaction, 'rule', { type: 'alert.firing', data: { n: changed_at + 1 } })
    await transaction
      .updateTable('alert_rules')
      .set({ changed_at: changed_at + 1 })
      .execute()
    return false
  })
  webhooks.wake()
  if (isDone) break
}
