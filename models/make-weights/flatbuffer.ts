/**
 * A reader for FlatBuffers tables, as far as a tflite file needs it.
 * Source of the layout: https://flatbuffers.dev/internals/ . Everything is little endian; an offset points forward from
 * where it stands, a table starts with a backward offset to its vtable, and a vtable entry of 0 means "default value".
 */
export class Table {
  readonly bytes: DataView
  readonly position: number

  constructor(bytes: DataView, position: number) {
    this.bytes = bytes
    this.position = position
  }

  static root(file: Uint8Array): Table {
    const bytes = new DataView(file.buffer, file.byteOffset, file.byteLength)
    return new Table(bytes, bytes.getUint32(0, true))
  }

  int8(field: number): number {
    const at = this.#field(field)
    return at === null ? 0 : this.bytes.getInt8(at)
  }

  int32(field: number): number {
    const at = this.#field(field)
    return at === null ? 0 : this.bytes.getInt32(at, true)
  }

  table(field: number): Table {
    const at = this.#field(field)
    if (at === null) throw new Error(`this flatbuffer has no table in field ${field}`)
    return new Table(this.bytes, at + this.bytes.getUint32(at, true))
  }

  text(field: number): string {
    return new TextDecoder().decode(this.byteVector(field))
  }

  byteVector(field: number): Uint8Array {
    const { start, length } = this.#vector(field)
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + start, length)
  }

  int32Vector(field: number): number[] {
    const { start, length } = this.#vector(field)
    return Array.from({ length }, (_, i) => this.bytes.getInt32(start + 4 * i, true))
  }

  tableVector(field: number): Table[] {
    const { start, length } = this.#vector(field)
    return Array.from({ length }, (_, i) => {
      const at = start + 4 * i
      return new Table(this.bytes, at + this.bytes.getUint32(at, true))
    })
  }

  /** Where a field's value stands, or null where the table leaves it at its default. */
  #field(field: number): number | null {
    const vtable = this.position - this.bytes.getInt32(this.position, true)
    const entry = 4 + 2 * field
    if (entry >= this.bytes.getUint16(vtable, true)) return null
    const offset = this.bytes.getUint16(vtable + entry, true)
    return offset === 0 ? null : this.position + offset
  }

  #vector(field: number): { start: number; length: number } {
    const at = this.#field(field)
    if (at === null) return { start: 0, length: 0 }
    const vector = at + this.bytes.getUint32(at, true)
    return { start: vector + 4, length: this.bytes.getUint32(vector, true) }
  }
}
