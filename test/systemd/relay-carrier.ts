import { connect, type Socket } from 'node:net'

/** The process of relay.ts that stands in the other network namespace. It ends with its parent. */

process.on('message', ({ port }: { port: number }, outside: Socket) => {
  const inside = connect(port, '127.0.0.1')
  for (const [one, other] of [
    [outside, inside],
    [inside, outside],
  ] as const) {
    one.on('error', () => {}) // a close follows
    one.once('close', () => other.destroy())
    one.pipe(other)
  }
})
process.once('disconnect', () => process.exit())
process.send?.('ready')
