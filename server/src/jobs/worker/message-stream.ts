import type { Readable, Writable } from 'node:stream'
import { deserialize, serialize } from 'node:v8'

/**
 * Messages over a stream of bytes: four bytes say how long the next one is, then it follows as v8 writes values, typed
 * arrays included. Both ends are processes of ours.
 */

/** Far more than any message of ours: what claims to be longer is none. */
const MOST_BYTES = 16 * 1024 * 1024
const PREFIX_BYTES = 4

/** What came is no message of ours. */
export class MessageError extends Error {
  readonly code = 'bad_message'
}

/** Resolves when the other end's side has taken it, which is what slows down whoever sends faster than others read. */
export function send(stream: Writable, message: object): Promise<void> {
  const body = serialize(message)
  if (body.length > MOST_BYTES)
    return Promise.reject(new MessageError(`a message of ${body.length} bytes is too long: ${MOST_BYTES} are taken`))
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.writeUInt32LE(body.length)
  return new Promise((resolve, reject) =>
    stream.write(Buffer.concat([prefix, body]), (error) => (error ? reject(error) : resolve())),
  )
}

/**
 * What comes, until the stream ends or breaks: to a reader both mean that nobody is there any more.
 * @throws MessageError where it is garbage
 */
export async function* receive<Message extends { kind: string }>(stream: Readable): AsyncGenerator<Message, undefined> {
  let chunks: Buffer[] = []
  let held = 0
  let wanted = PREFIX_BYTES
  let inBody = false
  for await (const chunk of untilBroken(stream)) {
    chunks.push(chunk)
    held += chunk.length
    while (held >= wanted) {
      const bytes = Buffer.concat(chunks)
      const part = bytes.subarray(0, wanted)
      chunks = [bytes.subarray(wanted)]
      held -= wanted
      if (inBody) yield parsed(part) as Message
      wanted = inBody ? PREFIX_BYTES : bodyBytes(part)
      inBody = !inBody
    }
  }
}

async function* untilBroken(stream: Readable): AsyncGenerator<Buffer, undefined> {
  try {
    yield* stream
  } catch {
    // reset by the other end, which is gone
  }
}

function bodyBytes(prefix: Buffer): number {
  const bytes = prefix.readUInt32LE()
  if (bytes > MOST_BYTES) throw new MessageError(`${bytes} bytes are announced, ${MOST_BYTES} are taken`)
  return bytes
}

function parsed(body: Buffer): { kind: string } {
  let message: unknown
  try {
    message = deserialize(body)
  } catch (error) {
    throw new MessageError(`it cannot be read: ${(error as Error).message}`)
  }
  if (typeof message !== 'object' || message === null || typeof (message as { kind?: unknown }).kind !== 'string')
    throw new MessageError('it has no kind')
  return message as { kind: string }
}
