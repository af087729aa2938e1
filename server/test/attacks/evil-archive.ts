/** One entry of an archive as no honest program writes it. */
export interface Entry {
  name: string
  /** As in ustar: 0 file, 1 hard link, 2 symbolic link, 3 character device, 4 block device, 5 folder, 6 FIFO. */
  type?: '0' | '1' | '2' | '3' | '4' | '5' | '6'
  link?: string
  text?: string
  mode?: number
  /** What the header says of its length; else what it is. */
  says?: number
  uid?: number
}

const BLOCK = 512

/** A tar archive of just these, in their order; nothing is checked. */
export function evilArchive(entries: Entry[]): Uint8Array {
  return Buffer.concat([...entries.flatMap(blocksOf), Buffer.alloc(2 * BLOCK)])
}

function blocksOf({ name, type = '0', link = '', text = '', mode = 0o644, says, uid = 0 }: Entry): Buffer[] {
  const header = Buffer.alloc(BLOCK)
  const contents = Buffer.from(text)
  header.write(name, 0, 100)
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`
  header.write(octal(mode, 8), 100)
  header.write(octal(uid, 8), 108)
  header.write(octal(uid, 8), 116)
  header.write(octal(says ?? contents.length, 12), 124)
  header.write(octal(0, 12), 136)
  header.write('        ', 148)
  header.write(type, 156)
  header.write(link, 157, 100)
  header.write('ustar\x0000', 257)
  header.write(octal(8, 8), 329) // of a device: that of the first disk
  const sum = header.reduce((all, byte) => all + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const padding = Buffer.alloc((BLOCK - (contents.length % BLOCK)) % BLOCK)
  return [header, contents, padding]
}
