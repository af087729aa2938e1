/** For the tests: answers connections, and ends after one that says `last`, where it may. */
import { handedOver } from '../../src/requests/handed-over.ts'

const handed = handedOver((connection) =>
  connection.once('data', async (said) => {
    connection.end('taken')
    if (`${said}` === 'last' && (await handed.mayEnd())) process.exit(0)
    process.send?.({ goesOn: true })
  }),
)
