import { readFileSync, writeFileSync } from 'node:fs'
import { MEASUREMENTS, type MeasurementShape } from './measurements.ts'

/** Writes what points say into a README: `node server/src/record/influx/measurements-table.ts deploy/grafana/README.md`. */

const PLACE = /(<!-- measurements -->\n)[\s\S]*?(<!-- \/measurements -->)/

/** Every measurement with its tags and fields, in Markdown. */
export function measurementsTable(): string {
  return Object.entries<MeasurementShape>(MEASUREMENTS)
    .map(([name, shape]) => sectionOf(name, shape))
    .join('\n\n')
}

function sectionOf(name: string, { text, policy, tags, fields, series }: MeasurementShape): string {
  const where = policy === null ? '' : ` In the retention policy \`${policy}\`.`
  const many = series.most === 1 ? 'One series' : `At most ${series.most.toLocaleString('en')} series`
  return [
    `### \`${name}\``,
    '',
    `${text[0]?.toUpperCase()}${text.slice(1)}.${where} ${many} a ${series.each}.`,
    '',
    '| | name | type | unit | what it says |',
    '|---|---|---|---|---|',
    ...Object.entries(tags).map(([tag, said]) => `| tag | \`${tag}\` | | | ${said} |`),
    ...Object.entries(fields).map(
      ([field, { type, unit, text: said }]) => `| field | \`${field}\` | ${type} | ${unit ?? ''} | ${said} |`,
    ),
  ].join('\n')
}

/** @throws Error where the text has no place for them */
export function withMeasurements(text: string): string {
  if (!PLACE.test(text))
    throw new Error('they stand between <!-- measurements --> and <!-- /measurements -->: add these')
  return text.replace(PLACE, (_, begin, end) => `${begin}\n${measurementsTable()}\n\n${end}`)
}

if (import.meta.main) {
  const [path = 'deploy/grafana/README.md'] = process.argv.slice(2)
  writeFileSync(path, withMeasurements(readFileSync(path, 'utf8')))
}
