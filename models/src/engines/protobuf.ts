/**
 * A writer of protobuf messages, as far as an ONNX model needs them.
 * Source of the encoding: https://protobuf.dev/programming-guides/encoding/
 */
export class Message {
  readonly #parts: Uint8Array[] = []

  /** int32, int64 and enum fields; values here are never negative. */
  int(field: number, value: number): this {
    this.#parts.push(varint(field * 8 + WIRE_VARINT), varint(value))
    return this
  }

  bytes(field: number, value: Uint8Array): this {
    this.#parts.push(varint(field * 8 + WIRE_LENGTH), varint(value.length), value)
    return this
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value))
  }

  message(field: number, value: Message): this {
    return this.bytes(field, value.encode())
  }

  encode(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts))
  }
}

const WIRE_VARINT = 0
const WIRE_LENGTH = 2

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  // Division, not shifts: JavaScript shifts keep only 32 bits.
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  bytes.push(rest)
  return Uint8Array.from(bytes)
}
