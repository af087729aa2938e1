import { parseArgs, runCommand, runningServer, SERVER_OPTIONS, SERVER_USAGE } from './src/running.ts'
import { populate, SESSIONS, TEST_USER } from './src/test-data.ts'

/** `npm run populate-test-data`: a user of the laboratory, and data sessions with operations, for whoever tries a client. */

const USAGE = `Usage: npm run populate-test-data [-- --server URL] [--token-file FILE]

Makes the user ${TEST_USER.name} with the password ${TEST_USER.password} and the token ${TEST_USER.token}, and ${SESSIONS.length} data sessions with operations on
small pictures, in a running server that has no other users; waits until the operations are done. What is there stays as it is.
${SERVER_USAGE}
The exit code is 0 where all of it is there, 1 where it is not, and 2 where the command was wrong.`

const LIMIT_MS = 10 * 60_000

await runCommand('populate-test-data', USAGE, async () => {
  const { values } = parseArgs({ options: SERVER_OPTIONS })
  const server = await runningServer(values)
  const made = await populate(server, { say: (line) => console.log(line), limitMs: LIMIT_MS })
  console.log(
    made
      ? `All operations are done. ${TEST_USER.name} has a password that everybody can read here: delete the user before others can reach the server`
      : 'Nothing was changed: the test data is there already, and its operations are done',
  )
})
