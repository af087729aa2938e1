const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** All that a task is told of our environment: what it needs to find programs, and nothing of ours. */
export function environmentOf(workFolder: string): Record<string, string> {
  const { TZ } = process.env
  return {
    PATH: process.env.PATH || PATH,
    HOME: workFolder,
    TMPDIR: workFolder,
    LANG: 'C.UTF-8',
    ...(TZ === undefined ? {} : { TZ }),
  }
}
