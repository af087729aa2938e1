/** The address of a repository as people may see it: without user and password, and what stands behind `?`. */
export function shownRemote(remote: string | null): string | null {
  const url = remote === null ? null : URL.parse(remote)
  if (!url || !/^(https|ssh|file):$/.test(url.protocol)) return remote
  url.password = ''
  // Of ssh it is no secret, and where to log in.
  if (url.protocol !== 'ssh:') url.username = ''
  url.search = ''
  url.hash = ''
  return url.href
}
