/** A file of an archive. */
export interface TarFile {
  /** At most 100 bytes of UTF-8, relative. */
  path: string
  bytes: Uint8Array
  /** Permissions; 0o644 where nothing is said. */
  mode?: number
}

const BLOCK = 512
const LONGEST_PATH = 100

/**
 * Files as a tar archive (ustar, pax(1) of POSIX), in the order given, as of 1970 and of nobody.
 * @throws RangeError for a path that has no place in a header
 */
export function tarOf(files: readonly TarFile[]): Uint8Array {
  const parts: Uint8Array[] = []
  for (const file of files) {
    parts.push(headerOf(file), file.bytes)
    const rest = file.bytes.length % BLOCK
    if (rest > 0) parts.push(new Uint8Array(BLOCK - rest))
  }
  parts.push(new Uint8Array(2 * BLOCK))
  return Buffer.concat(parts)
}

function headerOf({ path, bytes, mode = 0o644 }: TarFile): Uint8Array {
  const name = Buffer.from(path)
  if (name.length === 0 || name.length > LONGEST_PATH || name.includes(0))
    throw new RangeError(`a path in an archive has 1 to ${LONGEST_PATH} bytes and no NUL: ${JSON.stringify(path)}`)
  const header = Buffer.alloc(BLOCK)
  name.copy(header)
  header.write(octal(mode, 8), 100, 'latin1')
  header.write(octal(0, 8), 108, 'latin1')
  header.write(octal(0, 8), 116, 'latin1')
  header.write(octal(bytes.length, 12), 124, 'latin1')
  header.write(octal(0, 12), 136, 'latin1')
  header.write('        ', 148, 'latin1') // the sum is made with blanks in its place
  header.write('0', 156, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}

/** A field of so many bytes, its end included. */
function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`
}
