import { setFlagsFromString } from 'node:v8'

let compiles = false

/**
 * Lets V8 compile what runs hot. The unit starts the agent without: an agent that only passes pictures on has no use for
 * it, and it takes 4 MB. Reading pictures takes three times as long without it.
 */
export function compileWhatRunsHot(): void {
  if (compiles) return
  compiles = true
  setFlagsFromString('--maglev')
}

/**
 * Gives back the memory of bytes that nobody needs any more, at once: they are empty then. V8 does so at its next full
 * collection only, which at ten pictures a second is 10 MB later. What shares its memory with others is left alone.
 */
export function letGo(bytes: Uint8Array): void {
  const { buffer, byteLength } = bytes
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && byteLength > 0) buffer.transfer(0)
}
