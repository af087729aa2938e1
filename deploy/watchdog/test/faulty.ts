/**
 * A child for the tests. Its argument, or WORDS, says what it does, in words: `ready`, `beat`, and what goes wrong:
 * `exit`, `throw`, `spin`, `deaf` (it ignores SIGTERM), `slow` (it takes a while to end), `never` (it never gets ready), `orphan` (it starts another process).
 */
import { spawn } from 'node:child_process'

const words = new Set((process.argv[2] ?? process.env.WORDS)?.split(' '))
const say = (word: object) => process.connected && process.send?.(word, () => {})

if (words.has('deaf')) process.on('SIGTERM', () => {})
else
  process.on('SIGTERM', () => {
    console.log('asked to end')
    setTimeout(() => process.exit(0), words.has('slow') ? 300 : 0)
  })
if (words.has('deaf')) process.on('disconnect', () => {})
else process.on('disconnect', () => process.exit(0))
if (words.has('orphan')) {
  const sleeper = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  console.log(JSON.stringify({ orphan: sleeper.pid }))
}
console.log(`words: ${[...words].join(' ')}`)
process.on('message', (message) => console.log(JSON.stringify({ heard: message })))
process.on('SIGUSR2', () => say({ restart: 'other' }))
if (!words.has('never')) say({ ready: true })
const beat = setInterval(() => say({ heartbeat: true }), 100)
if (words.has('exit')) process.exit(3)
if (words.has('throw')) throw new Error('nothing caught')
if (words.has('spin')) for (;;) beat.ref()
