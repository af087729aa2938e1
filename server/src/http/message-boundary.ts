const FINAL = 0x80
const MASKED = 0x80
const FIRST_CONTROL_OPCODE = 8

/** Follows the bytes of a WebSocket (RFC 6455, 5.2) and knows whether a message has begun and not ended. */
export class MessageBoundary {
  #header: number[] = []
  #payloadLeft = 0
  #moreFragments = false

  get isMidMessage(): boolean {
    return this.#moreFragments || this.#payloadLeft > 0 || this.#header.length > 0
  }

  take(bytes: Uint8Array) {
    for (let at = 0; at < bytes.length; ) {
      if (this.#payloadLeft > 0) {
        const here = Math.min(this.#payloadLeft, bytes.length - at)
        this.#payloadLeft -= here
        at += here
      } else {
        this.#header.push(bytes[at] ?? 0)
        at += 1
        this.#endHeader()
      }
    }
  }

  /** Where the header of a frame is whole, its payload is next. */
  #endHeader() {
    const [first = 0, second = 0, ...rest] = this.#header
    const short = second & 0x7f
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0
    if (this.#header.length < 2 + extended + (second & MASKED ? 4 : 0)) return
    this.#payloadLeft = extended === 0 ? short : rest.slice(0, extended).reduce((sum, byte) => sum * 256 + byte, 0)
    // Control frames may come between the fragments of a message.
    if ((first & 0x0f) < FIRST_CONTROL_OPCODE) this.#moreFragments = (first & FINAL) === 0
    this.#header = []
  }
}
