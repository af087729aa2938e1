/** A redeployer for the tests: asks the watchdog for what a connection names, and says what it was told. */
import type { Socket } from 'node:net'

let socket: Socket | undefined
console.log(`home ${process.env.AJAR_DEPLOY_DIR}, data ${process.env.AJAR_DATA_DIR}`)
process.on('disconnect', () => process.exit(0))
process.on('message', (message: 'connection' | { answer: object }, connection: Socket | undefined) => {
  if (message !== 'connection') return socket?.end(JSON.stringify(message.answer))
  socket = connection
  socket?.once('data', (said) => process.send?.({ ask: { id: 7, ...JSON.parse(`${said}`) } }))
})
