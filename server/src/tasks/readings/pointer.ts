/** What stands at a JSON pointer (RFC 6901); undefined where nothing does. @param pointer one that `isPointer` takes */
export function valueAt(value: unknown, pointer: string): unknown {
  let at = value
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    // Section 4: an index has no leading zeros; `-` is the element after the last, which is none.
    if (Array.isArray(at)) at = /^(0|[1-9][0-9]*)$/.test(name) ? at[Number(name)] : undefined
    else at = typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? at[name as keyof typeof at] : undefined
  }
  return at
}

/** Whether it is written as RFC 6901 wants it: empty, or each part after a `/`, with `~` only in `~0` and `~1`. */
export function isPointer(text: string): boolean {
  return /^(\/([^~/]|~[01])*)*$/.test(text)
}
