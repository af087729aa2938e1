import { readFileSync, writeFileSync } from 'node:fs'
import { SETTINGS } from './settings.ts'

/** Writes the table of settings into a README: `node server/src/settings-table.ts README.md`. */

const TABLE = /(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/

/** The settings as a table in Markdown: name, default, meaning. */
export function settingsTable(): string {
  const rows = Object.values(SETTINGS).map(
    ({ name, fallback, about }) => `| \`${name}\` | ${fallback === '' ? '' : `\`${fallback}\``} | ${about} |`,
  )
  return ['| name | default | meaning |', '|---|---|---|', ...rows].join('\n')
}

/** @throws Error where the text has no place for the table */
export function withSettingsTable(text: string): string {
  if (!TABLE.test(text)) throw new Error('the table stands between <!-- settings --> and <!-- /settings -->: add these')
  return text.replace(TABLE, (_, begin, end) => `${begin}\n${settingsTable()}\n\n${end}`)
}

if (import.meta.main) {
  const [path = 'README.md'] = process.argv.slice(2)
  writeFileSync(path, withSettingsTable(readFileSync(path, 'utf8')))
}
