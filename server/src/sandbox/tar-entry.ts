const BLOCK = 512
const MOST_NAME_BYTES = 4096
const FIELDS = { name: [0, 100], size: [124, 136], type: [156, 157], magic: [257, 263], prefix: [345, 500] } as const

/**
 * The bytes of one regular file of an archive that a stranger may have made: nothing of it is written anywhere, and nothing
 * of it is believed but the name and the length of that file.
 * @param path as in the archive, without `./`
 * @returns null where there is no regular file of that name
 */
export function regularFileIn(archive: Uint8Array, path: string): Uint8Array | null {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.length)
  let longName: string | null = null
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const header = bytes.subarray(at, at + BLOCK)
    const size = sizeOf(header)
    if (size === null || at + BLOCK + size > bytes.length) return null // the end, or cut off
    const body = bytes.subarray(at + BLOCK, at + BLOCK + size)
    const type = text(header, 'type')
    const name: string = longName ?? nameOf(header)
    longName = null
    // The name of the next entry, where it has no place in its header: as GNU tar tells it, and as pax(1) does.
    if (type === 'L' && size <= MOST_NAME_BYTES) longName = untilNul(body)
    else if (type === 'x' && size <= MOST_NAME_BYTES)
      longName = /^\d+ path=(.*)$/m.exec(body.toString('utf8'))?.[1] ?? null
    else if ((type === '0' || type === '') && name.replace(/^(\.\/)+/, '') === path) return body
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
  return null
}

/** Null: it is no number of octal digits, as in the empty blocks of the end. */
function sizeOf(header: Buffer): number | null {
  const digits = text(header, 'size').trim()
  return /^[0-7]{1,11}$/.test(digits) ? Number.parseInt(digits, 8) : null
}

function nameOf(header: Buffer): string {
  const prefix = text(header, 'magic') === 'ustar' ? text(header, 'prefix') : ''
  return prefix ? `${prefix}/${text(header, 'name')}` : text(header, 'name')
}

function text(header: Buffer, field: keyof typeof FIELDS): string {
  return untilNul(header.subarray(...FIELDS[field]))
}

function untilNul(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end)
}
