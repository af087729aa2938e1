/** An uncompressed TIFF 6.0 of one strip, for kinds of samples that no encoder at hand writes. Pixels lie side by side. */
export function tiff(
  samples: Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array,
  width: number,
  height: number,
  channels: 1 | 3,
): Buffer {
  const format =
    samples instanceof Float32Array || samples instanceof Float64Array
      ? 3
      : /^Int/.test(samples.constructor.name)
        ? 2
        : 1
  const bits = samples.BYTES_PER_ELEMENT * 8
  const [SHORT, LONG] = [3, 4]
  const tags: [number, number, number][] = [
    [256, LONG, width],
    [257, LONG, height],
    [258, SHORT, bits],
    [259, SHORT, 1],
    [262, SHORT, channels === 1 ? 1 : 2],
    [273, LONG, 256],
    [277, SHORT, channels],
    [278, LONG, height],
    [279, LONG, samples.byteLength],
    [284, SHORT, 1],
    [339, SHORT, format],
  ]
  const header = Buffer.alloc(256)
  header.write('II*\0', 0, 'latin1')
  header.writeUInt32LE(8, 4)
  header.writeUInt16LE(tags.length, 8)
  for (const [i, [tag, type, value]] of tags.entries()) {
    const at = 10 + i * 12
    const isEach = channels === 3 && (tag === 258 || tag === 339)
    header.writeUInt16LE(tag, at)
    header.writeUInt16LE(type, at + 2)
    header.writeUInt32LE(isEach ? 3 : 1, at + 4)
    header.writeUInt32LE(isEach ? (tag === 258 ? 200 : 210) : value, at + 8)
    if (isEach)
      for (let channel = 0; channel < 3; channel++) header.writeUInt16LE(value, (tag === 258 ? 200 : 210) + channel * 2)
  }
  return Buffer.concat([header, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)])
}
