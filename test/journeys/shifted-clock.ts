import { readFileSync } from 'node:fs'

/**
 * Loaded into every thread of the server before its own code (`--import`): its clock is off by what the file named in
 * TEST_CLOCK_FILE says, milliseconds, and follows it. Monotonic time stays what it is.
 */
const file = process.env.TEST_CLOCK_FILE
const LOOK_MS = 50

if (file !== undefined) {
  const realNow = Date.now
  let offset = 0
  const look = () => {
    offset = Number(readFileSync(file, 'utf8')) || 0
  }
  look()
  setInterval(look, LOOK_MS).unref()
  Date.now = () => realNow() + offset
}
