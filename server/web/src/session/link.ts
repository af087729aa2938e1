/** The link that the server prints carries the token in its fragment, which browsers send to nobody. */
const tokenOf = ({ hash }: Location) => new URLSearchParams(hash.slice(1)).get('token')

/** Whether the page was opened by such a link. */
export function isByLink(): boolean {
  return tokenOf(location) !== null
}

/** The token of the link, which is removed at once: it stays in no history and on no screen. */
export function takeToken(): string | null {
  const token = tokenOf(location)
  if (token !== null) history.replaceState(null, '', location.pathname + location.search)
  return token
}
