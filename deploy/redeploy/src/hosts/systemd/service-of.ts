/** What a unit says of how it starts, ends and is watched, and folders that are the real server's. */
const OTHERWISE =
  /^(Type|NotifyAccess|Exec\w*|Restart\w*|Timeout\w*|Watchdog\w*|WorkingDirectory|StateDirectory\w*|LogsDirectory\w*|RuntimeDirectory\w*|MemoryMax|OOMPolicy|CPUWeight|Nice)=/

/** The lines of a unit's section [Service] that another start of its program has as well: user, environment, sandbox. */
export function serviceOf(unit: string): string[] {
  const [, section = ''] = /^\[Service\]\n([\s\S]*?)(?=^\[|$(?![\s\S]))/m.exec(unit) ?? []
  const lines = section.replaceAll('\\\n', ' ').split('\n')
  return lines.filter((line) => /^\w+=/.test(line) && !OTHERWISE.test(line))
}
