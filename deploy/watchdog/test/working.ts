/**
 * A process for the tests that runs only while there is work. It answers each connection by its pid, and ends when it may. What
 * a connection says makes it do otherwise: `fail` ends it with code 3, `hang` has it go on.
 */
import type { Socket } from 'node:net'

let taken = 0
let hangs = false
process.on('SIGTERM', () => {
  console.log('the errand was asked to end')
  process.exit(0)
})
process.on('disconnect', () => process.exit(0))
process.on('message', (message: string | { end?: boolean; heard?: string }, connection: Socket | undefined) => {
  if (typeof message === 'object') {
    if (message.end) process.exit(0)
    return console.log(`heard ${message.heard}`)
  }
  taken += 1
  connection?.once('data', (said) => {
    if (`${said}` === 'fail') process.exit(3)
    hangs = `${said}` === 'hang'
    connection.end(`${process.pid}`)
    // Also while more may be on its way.
    if (!hangs) process.send?.({ done: taken })
  })
})
if (process.argv[2] === 'ask') process.send?.({ asks: 'for something' })
