/** Origins of pages (RFC 6454); `*` stands for any. */
export type OriginList = readonly string[]

/**
 * Reads origins, `https://learn.example.net, http://192.168.1.20:8080`, separated by commas.
 * @throws Error that says what is expected
 */
export function readOriginList(text: string): OriginList {
  const items = text.split(',').map((one) => one.trim())
  return items.filter((one) => one !== '').map((one) => (one === '*' ? one : originOf(one)))
}

/** @param origin as browsers say it in `Origin`; `null`, such as of a file, is on no list */
export function isOnList(list: OriginList, origin: string): boolean {
  return origin !== 'null' && (list.includes('*') || list.includes(origin))
}

function originOf(item: string): string {
  const url = URL.parse(item)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || `${url.origin}/` !== url.href)
    throw new Error('servers are expected as browsers name them, such as https://learn.example.net, and commas')
  return url.origin
}
