export const CHANGELOG = 'CHANGELOG.md'
const TITLE = '# Changelog'
/** Subjects that begin with no word and a colon. */
const REST = 'Also'
const SUBJECT = /^([\w./-]{1,40}): +(\S.*)$/

/**
 * The section of a release, from the subjects of its commits, newest first: those that begin with the same word and a colon
 * stand together.
 * @param date as 2026-11-30
 * @param subjects null: no release came before, so that there is nothing that has changed
 */
export function sectionOf(version: string, date: string, subjects: string[] | null): string {
  if (subjects === null) return `## ${version} (${date})\n\nThe first release.\n`
  const groups = new Map<string, string[]>()
  for (const subject of subjects) {
    const [, word = REST, said = subject] = SUBJECT.exec(subject) ?? []
    const group = titled(word)
    groups.set(group, [...(groups.get(group) ?? []), said])
  }
  const rest = groups.get(REST)
  groups.delete(REST)
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
  const all = rest === undefined ? sorted : [...sorted, [REST, rest] as const]
  const parts = all.map(([group, said]) => `### ${group}\n\n${said.map((one) => `- ${one}\n`).join('')}`)
  return [`## ${version} (${date})\n`, ...parts].join('\n')
}

/** @param before the file as it is, empty where there is none @returns the file with the section on top */
export function withSection(before: string, section: string): string {
  const older = before.startsWith(TITLE) ? before.slice(TITLE.length).trimStart() : before
  return `${TITLE}\n\n${section}${older === '' ? '' : `\n${older}`}`
}

function titled(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`
}
